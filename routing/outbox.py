"""The outbox of one platform: sends what the journal says is to be sent, in order within a conversation.

It is the only place that tries again. A delivery is marked ``sending`` before the platform is called and
``sent`` after; one found in between after a crash, or whose answer was lost, is ``unknown``: the platform is
asked for it, or, where it cannot be asked, it is sent again and says so.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from models.errors import StorageError
from models.journal import Draft, Journal, Record
from models.store import Store
from models.tables import Delivery, DeliveryState
from models.term import Forever, Term
from routing.bridge import Bridge, ConversationInfo, Place, Post
from routing.clock import Clock
from routing.errors import OutcomeUnknown, Refused, ThreadGone, TryLater, Unforeseen
from routing.ledger import Ledger, Steps
from routing.pacing import FIRST_WAIT, LONGEST_WAIT, Pace
from routing.posts import UNSURE, elsewhere, maybe_repeated, next_post

log = logging.getLogger(__name__)

LANES = 8
"""Conversations served at once in one chat; another chat's have lanes of their own."""
_LONGEST_CALL = 180.0
"""Seconds a platform may take for one post, files included, before its outcome counts as unknown."""
_SHARE = 0.03
"""Of its time that an outbox spends at most on looks that find nothing to start, or read a great backlog: each reads
all of it."""
_GREAT = 10_000
"""Deliveries that are a great backlog."""
_LONGEST_REST = 3.0
"""Seconds at the most between such a look and the next."""
_NEW_THREADS = 3
"""Times a delivery may find its thread deleted before it waits like any other failure."""
_FAULTS_OF_OURS = 5
"""Times a delivery may end in an error that nobody foresaw before it is given up."""


class _Look(NamedTuple):
    """What came of a look at what waits."""

    pause: float | None
    """Seconds until there may be more to do."""
    started_nothing: bool = False
    """Something waits, and none of it can be sent now."""
    is_great: bool = False
    """So much waits that looking through it takes long."""


class Outbox:
    """Delivers to one bridge until it is stopped."""

    def __init__(
        self,
        bridge: Bridge,
        journal: Journal,
        store: Store,
        conversation: Callable[[str], Awaitable[ConversationInfo | None]],
        failed: Callable[[str, ConversationInfo, Record, str], Draft | None],
        settled: Callable[[Post, bool], Awaitable[None]],
        begins_late: Callable[[Bridge, ConversationInfo, Delivery], Awaitable[bool]],
        clock: Clock,
        term: Term | None = None,
    ) -> None:
        """Take the parts that it needs.

        ``conversation`` looks one up. ``failed`` words what the operators are told of a delivery that is
        given up. ``settled`` is told when a post is there (True) or given up (False). ``begins_late`` is asked
        before a thread is opened: True where it has written something that is to stand there first. ``term`` is
        how long this hub may deliver; without one, for ever.
        """
        self.bridge = bridge
        self._journal = journal
        self._store = store
        self._conversation = conversation
        self._failed = failed
        self._settled = settled
        self._begins_late = begins_late
        self._clock = clock
        self._term = term or Forever()
        self._ledger = Ledger(bridge.name, journal, clock, self._term)
        self._pace = Pace(bridge.budgets, clock)
        self._wake = asyncio.Event()
        self._freed = asyncio.Event()
        """Something that could not be started before may be now."""
        self._back = asyncio.Event()
        """The platform is there again."""
        self._lanes: dict[str, asyncio.Task[None]] = {}
        self._chats: dict[str, str] = {}
        """The chat that each lane serves."""
        self._calling: set[str] = set()
        """Conversations whose post is with the platform just now."""
        self._alone: set[int] = set()
        """Deliveries that were refused as part of a joined post and go one by one."""
        self._faults: Counter[int] = Counter()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to deliver, in the background."""
        self._task = asyncio.create_task(self._run(), name=f"outbox-{self.bridge.name}")

    async def stop(self, patience: float = 1.0) -> None:
        """Stop; posts under way have ``patience`` seconds to finish, else they are left ``sending``."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        for conversation_id, lane in self._lanes.items():
            if conversation_id not in self._calling:
                lane.cancel()
        lanes = list(self._lanes.values())
        if lanes:
            await asyncio.wait(lanes, timeout=patience)
            for lane in lanes:
                lane.cancel()
            await asyncio.gather(*lanes, return_exceptions=True)

    def wake(self) -> None:
        """There may be something to deliver."""
        self._wake.set()

    def retry_soon(self) -> None:
        """The platform is back: try everything that waits, except where it asked for a pause itself."""
        self._pace.back_again()
        self._freed.set()
        self._back.set()
        self.wake()

    async def _run(self) -> None:
        taken_up = False
        while True:
            self._wake.clear()
            self._freed.clear()
            self._back.clear()
            begun, rest = self._clock.monotonic(), 0.0
            try:
                if not taken_up:
                    await self._take_up()
                    taken_up = True
                look = await self._start_lanes()
                if look.started_nothing or look.is_great:
                    rest = min(_LONGEST_REST, (self._clock.monotonic() - begun) / _SHARE)
            except StorageError as error:
                log.warning("outbox %s: %s", self.bridge.name, error)
                look = _Look(FIRST_WAIT * 4)
            except Exception:
                log.exception("outbox %s: something unforeseen; going on", self.bridge.name)
                look = _Look(LONGEST_WAIT)
            pause = look.pause
            if rest > 0:  # a further message would have to wait like the others
                rest = rest if pause is None else min(rest, pause)
                await self._clock.wait(self._back if look.is_great else self._freed, rest)
                pause = pause and pause - rest
            await self._clock.wait(self._wake, pause)

    async def _take_up(self) -> None:
        """Go on where the program ended: what was being sent is unsure, pauses that were asked for go on."""
        await self._ledger.take_up()
        for pause in await self._store.pauses(self.bridge.name):
            chat = pause.chat or self.bridge.destination(pause.department)
            # The machine's clock may have been set since: no pause is longer than was asked for.
            left = min(pause.asked_for, pause.until - self._clock.now()) / 1000
            if chat is not None and left > 0:
                self._pace.hold(chat, left)

    async def _start_lanes(self) -> _Look:
        """Start lanes for the conversations that have waited longest."""
        pauses = [pause for pause in (self._pace.next_moment(),) if pause is not None]
        busy = self._lanes.keys() | self._pace.waiting()
        served = Counter(self._chats.values())
        heads = await self._store.next_deliveries(self.bridge.name, busy, LANES)
        started = 0
        for head in heads:
            chat = head.chat or self.bridge.destination(head.department) or ""
            if (pause := self._pace.closed_for(chat)) > 0:
                pauses.append(pause)
            elif served[chat] < LANES:
                served[chat] += 1
                started += 1
                self._chats[head.conversation_id] = chat
                self._lanes[head.conversation_id] = asyncio.create_task(
                    self._serve(head.conversation_id, chat)
                )
        is_great = bool(heads) and heads[0].backlog >= _GREAT
        return _Look(min(pauses, default=None), bool(heads) and not started, is_great)

    async def _serve(self, conversation_id: str, chat: str) -> None:
        """Send the next post of a conversation; then it queues again, behind who has waited longer."""
        try:
            await self._send_next(conversation_id, chat)
        except StorageError as error:
            log.warning("outbox %s: %s", self.bridge.name, error)
            self._pace.put_off(conversation_id, FIRST_WAIT)
        except Exception:
            log.exception("outbox %s: a delivery failed in an unforeseen way", self.bridge.name)
            self._pace.put_off(conversation_id, LONGEST_WAIT)
        finally:
            del self._lanes[conversation_id], self._chats[conversation_id]
            self._calling.discard(conversation_id)
            self._pace.left(chat, conversation_id)
            self._freed.set()
            self.wake()

    async def _send_next(self, conversation_id: str, chat: str) -> None:
        if not await self._pace.turn(chat, conversation_id):
            return
        # In this order: what is to be shown after the conversation was passed on has its new place by then.
        waiting = await self._store.waiting_deliveries(conversation_id, self.bridge.name)
        place = await self._place(conversation_id)
        info = await self._conversation(conversation_id)
        if info is None or not waiting:  # erased, or there never was more
            self._pace.forget(conversation_id)
            return
        present = place.chat if place else self.bridge.destination(info.department)
        if (present or "") != chat:  # passed on while it waited for its turn
            return
        if place is None and await self._begins_late(self.bridge, info, waiting[0]):
            return
        group, post = await next_post(
            self._store, self.bridge.name, info, waiting, place, chat,
            now=self._clock.now(), alone=waiting[0].id in self._alone,
        )  # fmt: skip
        if post is None:
            await self._ledger.sent(group)
        elif present is None:
            await self._give_up(group, post, "config.yaml has no place for it any more")
        else:
            await self._attempt(group, post)

    async def _place(self, conversation_id: str) -> Place | None:
        thread = await self._store.thread(conversation_id, self.bridge.name)
        return Place(thread.chat, thread.thread) if thread else None

    async def _attempt(self, group: list[Delivery], post: Post) -> None:
        """Have the post shown, and write down what came of it."""
        unsure = group[0].state in UNSURE
        if not await self._ledger.sending(group, post):
            self._pace.put_off(post.conversation.id, FIRST_WAIT)
            return
        self._calling.add(post.conversation.id)
        try:
            await self._show(group, post, unsure=unsure)
        except TryLater as problem:
            state = DeliveryState.UNKNOWN if unsure else DeliveryState.QUEUED
            await self._later(group, post, state, str(problem), problem.retry_after)
        except Unforeseen as problem:
            if self._is_hopeless(group):
                await self._give_up(group, post, str(problem))
            else:
                await self._later(group, post, DeliveryState.UNKNOWN, str(problem))
        except OutcomeUnknown as problem:
            await self._later(group, post, DeliveryState.UNKNOWN, str(problem))
        except Refused as problem:
            if len(group) > 1:  # one of them may be to blame: the others are not to be lost with it
                self._alone.update(_ids(group))
                await self._ledger.waits(group, DeliveryState.QUEUED, str(problem))
            else:
                await self._give_up(group, post, str(problem))
        else:
            await self._ledger.sent(group)
            await self._has_settled(group, post, sent=True)

    async def _show(self, group: list[Delivery], post: Post, *, unsure: bool) -> None:
        """Call the platform; again, in a new thread, where the old one is found deleted."""
        for _ in range(_NEW_THREADS):
            steps = Steps(self._journal, self.bridge, post, self._term)
            try:
                async with asyncio.timeout(_LONGEST_CALL):
                    if unsure:
                        post, found = await self._look_for(post, steps)
                        if found:
                            return
                    steps.may_call()
                    await self.bridge.deliver(post, steps)
                return
            except ThreadGone:
                await self._ledger.forget_thread(group, post)
                if post.entry.data.get("leaves"):
                    return  # there is nobody left to tell
                post = elsewhere(post, self.bridge.destination(post.conversation.department) or post.chat)
                unsure = False
            except TimeoutError:
                raise OutcomeUnknown(f"no answer within {_LONGEST_CALL:.0f} s") from None
        raise TryLater("the thread disappears as soon as it is made")

    async def _look_for(self, post: Post, steps: Steps) -> tuple[Post, bool]:
        """Whether an unanswered try of this post is on the platform after all."""
        try:
            message = await self.bridge.find(post)
        except LookupError:
            return maybe_repeated(post), False
        if message is None:
            return post, False
        if post.place is None:
            await steps.opened(Place(post.chat, message), message)
        else:
            await steps.posted(post.chat, message)
        return post, True

    async def _later(
        self,
        group: list[Delivery],
        post: Post,
        state: DeliveryState,
        reason: str,
        wish: float | None = None,
    ) -> None:
        chat = post.place.chat if post.place else post.chat
        if wish is not None:
            self._pace.hold(chat, wish)
            pause = wish
        else:
            pause = self._pace.failed(chat, post.conversation.id)
        log.info("outbox %s: try again in %.1f s: %s", self.bridge.name, pause, reason)
        await self._ledger.waits(group, state, reason, wish)

    def _is_hopeless(self, group: list[Delivery]) -> bool:
        self._faults.update(_ids(group))
        return any(self._faults[number] >= _FAULTS_OF_OURS for number in _ids(group))

    async def _give_up(self, group: list[Delivery], post: Post, reason: str) -> None:
        log.error("outbox %s: a delivery was given up: %s", self.bridge.name, reason)
        notice = self._failed(self.bridge.name, post.conversation, post.entry, reason)
        await self._ledger.failed(group, reason, notice)
        await self._has_settled(group, post, sent=False)

    async def _has_settled(self, group: list[Delivery], post: Post, *, sent: bool) -> None:
        for number in _ids(group):
            self._alone.discard(number)
            self._faults.pop(number, None)
        chat = post.place.chat if post.place else post.chat
        self._pace.went_through(chat, post.conversation.id)
        if sent:
            self.bridge.health.last_success_at = self._clock.now()
        await self._settled(post, sent)


def _ids(group: list[Delivery]) -> list[int]:
    return [delivery.id for delivery in group if delivery.id is not None]
