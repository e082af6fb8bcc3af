"""An outbox in simulated time: the real outbox, journal and SQLite, a platform in memory, and a clock that jumps.

The clock stands still while anything can be done; only when all wait for it does it jump to the next moment that
somebody waits for. So an hour takes seconds, and comes out alike every time.
"""

import asyncio
import heapq
import itertools
import shutil
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from models.engine import reader_engine, writer_engine
from models.journal import Draft, Journal
from models.migrate import migrate
from models.store import Store
from models.tables import Author, Conversation, DeliveryState, Kind, What
from models.term import Term
from routing.bridge import ConversationInfo, Health, Place, Post, Progress
from routing.budget import Budget
from routing.clock import Clock
from routing.errors import DeliveryError, OutcomeUnknown, Refused, ThreadGone
from routing.outbox import Outbox

BEGIN = 1_800_000_000_000
"""The first moment of every simulation."""


class SimulatedClock(Clock):
    """Time that passes only when it is told to."""

    def __init__(self) -> None:
        self.passed = 0.0
        self.set_forward = 0
        """Milliseconds by which somebody has set the machine's clock."""
        self._timers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._numbers = itertools.count()

    def now(self) -> int:
        return BEGIN + self.set_forward + round(self.passed * 1000)

    def monotonic(self) -> float:
        return self.passed

    async def sleep(self, seconds: float) -> None:
        alarm: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._timers, (self.passed + seconds, next(self._numbers), alarm))
        await alarm

    async def wait(self, event: asyncio.Event, seconds: float | None) -> None:
        waiting = {asyncio.ensure_future(event.wait())}
        if seconds is not None:
            waiting.add(asyncio.ensure_future(self.sleep(seconds)))
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()

    def jump(self) -> bool:
        """To the next moment that somebody waits for; False if nobody does."""
        while self._timers:
            moment, _, alarm = heapq.heappop(self._timers)
            if not alarm.done():
                self.passed = max(self.passed, moment)
                alarm.set_result(None)
                return True
        return False


class CountingJournal(Journal):
    """Knows how many writes are under way; ``left`` writes from now the machine loses power."""

    under_way = 0
    left: int | None = None

    def _submit(self, work: Any) -> "asyncio.Future[Any]":
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                return asyncio.get_running_loop().create_future()
        future = super()._submit(work)
        self.under_way += 1
        future.add_done_callback(self._done)
        return future

    def _done(self, _future: object) -> None:
        self.under_way -= 1


class CountingStore(Store):
    """Knows how many questions are under way."""

    under_way = 0

    async def _all(self, query: Any, values: dict[str, Any] | None = None) -> Any:
        self.under_way += 1
        try:
            return await super()._all(query, values)
        finally:
            self.under_way -= 1

    async def _rows(self, query: Any, values: dict[str, Any] | None = None) -> Any:
        self.under_way += 1
        try:
            return await super()._rows(query, values)
        finally:
            self.under_way -= 1


@dataclass
class Message:
    """One message on the platform, as its people see it now."""

    number: str
    chat: str
    thread: str
    key: str
    part: int
    entries: tuple[tuple[str, int], ...]
    text: str
    marked: bool
    at: float
    gone: bool = False


@dataclass
class Platform:
    """What is on the platform; it outlives the hub. ``before`` and ``after`` say how the next calls go wrong."""

    clock: SimulatedClock
    can_be_asked: bool = True
    rates: Callable[[], tuple[Budget, ...]] = lambda: (Budget(1, 1, 4),)
    longest: int = 2_900
    messages: list[Message] = field(default_factory=list)
    before: list[DeliveryError] = field(default_factory=list)
    """Raised by the next calls, one each, with nothing done."""
    after: list[DeliveryError] = field(default_factory=list)
    """Raised by the next calls, one each, when all is done."""
    away: DeliveryError | None = None
    """Raised by every call."""
    refuses: set[str] = field(default_factory=set)
    """Texts that are never taken."""
    deleted: set[str] = field(default_factory=set)
    calls: int = 0
    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def put(self, post: Post, chat: str, thread: str, part: int, text: str) -> Message:
        number = str(next(self.numbers))
        entries = tuple((entry.conversation_id, entry.seq) for entry in post.entries)
        message = Message(
            number, chat, thread or number, post.key, part, entries, text, post.maybe_repeated,
            self.clock.passed,
        )  # fmt: skip
        self.messages.append(message)
        self.times[chat].append(self.clock.passed)
        return message

    def thread_of(self, conversation_id: str) -> list[Message]:
        """All there ever was of a conversation, in the order of coming, without what was deleted."""
        return [
            message
            for message in self.messages
            if message.entries[0][0] == conversation_id
            and not message.gone
            and message.thread not in self.deleted
        ]

    def delete_thread(self, conversation_id: str) -> None:
        """Somebody deletes the thread by hand."""
        self.deleted |= {message.thread for message in self.thread_of(conversation_id)}


class MemoryBridge:
    """Fulfils ``routing.bridge.Bridge`` on a ``Platform``."""

    name = "memory"
    identity = ""

    def __init__(self, platform: Platform, chats: dict[str | None, str]) -> None:
        self.health = Health(connected=True)
        self.platform = platform
        self._chats = chats
        self._budgets: dict[str, tuple[Budget, ...]] = {}
        self._left: dict[str, dict[int, Message]] = {}

    async def start(self) -> None:
        pass

    async def stop(self) -> None:
        pass

    def reconfigured(self) -> None:
        pass

    def destination(self, department: str | None) -> str | None:
        return self._chats.get(department)

    async def name_of(self, chat: str) -> str:
        return chat

    def budgets(self, chat: str) -> tuple[Budget, ...]:
        return self._budgets.setdefault(chat, self.platform.rates())

    async def deliver(self, post: Post, progress: Progress) -> None:
        platform = self.platform
        platform.calls += 1
        if platform.away is not None:
            raise platform.away
        if platform.before:
            raise platform.before.pop(0)
        if any(entry.text in platform.refuses for entry in post.entries):
            raise Refused("too rude")
        if post.place is not None and post.place.thread in platform.deleted:
            raise ThreadGone("deleted")
        await self._show(post, progress)
        if platform.after:
            raise platform.after.pop(0)

    async def _show(self, post: Post, progress: Progress) -> None:
        platform, entry = self.platform, post.entry
        if entry.kind == What.WITHDRAWN:
            for message in platform.messages:
                message.gone |= message.number in entry.data["messages"]
            return
        shown = [m for m in platform.messages if m.number in post.shown and not m.gone]
        if entry.kind in (What.EDITED, What.DELETED) and shown and post.target is not None:
            for message in shown:
                if entry.kind == What.DELETED and len(message.entries) == 1:
                    message.gone = True
                else:
                    new = entry.text if entry.kind == What.EDITED else "(deleted)"
                    message.text = "\n".join(
                        new if (post.conversation.id, post.target.seq) == which else line
                        for which, line in zip(message.entries, message.text.split("\n"), strict=True)
                    )
            return
        if entry.kind == What.DELETED:
            return  # it is gone already: an earlier try took it away, and nobody learnt of it
        left = self._left.pop(post.key, {})
        chat = post.place.chat if post.place else post.chat
        thread = post.place.thread if post.place else ""
        for part, piece in list(enumerate(self._pieces(post)))[post.parts_done :]:
            message = left.get(part) or platform.put(post, chat, thread, part, piece)
            if not thread:
                thread = message.thread
                await progress.opened(Place(chat, thread), message.number)
            else:
                await progress.posted(chat, message.number)

    def _pieces(self, post: Post) -> list[str]:
        text = "\n".join(each.text for each in post.entries)
        size = self.platform.longest
        return [text[at : at + size] for at in range(0, len(text), size)] or [""]

    async def find(self, post: Post) -> str | None:
        if not self.platform.can_be_asked:
            raise LookupError(post.key)
        left = {
            message.part: message
            for message in self.platform.messages
            if message.key == post.key
            and message.part >= post.parts_done
            and not message.gone
            and message.thread not in self.platform.deleted
        }
        if len(self._pieces(post)) - post.parts_done == 1 and left:
            return left[post.parts_done].number
        self._left[post.key] = left
        return None

    async def typing(self, place: Place) -> None:
        pass

    def left(self, conversation_id: str, place: Place) -> None:
        """Nothing is shown of it."""

    async def anybody_there(self) -> bool | None:
        """Nothing is known of its people."""
        return None

    async def sign(self, chat: str, message: str, sign: str, instead_of: str | None = None) -> float:
        return 0.0


class Simulation:
    """The office around one outbox, on a database under ``folder`` or at ``url``; it can lose power and start again.

    ``term`` is how long it may deliver, from its next start on; without one, for ever.
    """

    def __init__(
        self, folder: Path, template: Path | None = None, url: str | None = None, **platform: Any
    ) -> None:
        self.clock = SimulatedClock()
        self.platform = Platform(self.clock, **platform)
        self.chats: dict[str | None, str] = {None: "town", "registry": "registry"}
        self.url = url or f"sqlite:///{folder}/linea.db"
        self.term: Term | None = None
        self.settled: list[tuple[tuple[int, ...], bool]] = []
        self.keys = itertools.count()
        if template is not None:
            shutil.copy(template, folder / "linea.db")
        else:
            engine = writer_engine(self.url)
            migrate(engine)
            engine.dispose()

    async def start(self) -> None:
        """The program starts."""
        self.journal = CountingJournal(await asyncio.to_thread(writer_engine, self.url), self.clock.now)
        self.store = CountingStore(await asyncio.to_thread(reader_engine, self.url))
        self.journal.start()
        self.bridge = MemoryBridge(self.platform, self.chats)
        self.outbox = Outbox(
            self.bridge,
            self.journal,
            self.store,
            self._conversation,
            self._failed,
            self._settled,
            _no,
            self.clock,
            self.term,
        )
        self.journal.on_written(lambda *_: self.outbox.wake())
        self.outbox.start()

    async def _conversation(self, conversation_id: str) -> ConversationInfo | None:
        row = await self.store.conversation(conversation_id)
        return ConversationInfo.of(row) if row is not None else None

    def _failed(self, bridge: str, info: ConversationInfo, record: Any, reason: str) -> Draft | None:
        key = f"failed/{bridge}/{info.id}/{record.seq}"
        return Draft(info.id, What.ANSWER, "hub", key, Author.SYSTEM, reason)

    async def _settled(self, post: Post, sent: bool) -> None:
        self.settled.append((tuple(entry.seq for entry in post.entries), sent))

    async def end(self) -> None:
        """The program ends at once: nothing that is under way is finished or written down."""
        self.journal.left = 0
        await self.outbox.stop(patience=0)
        await self.journal.stop()
        await self.store.close()

    async def restart(self) -> None:
        """It dies and is started again."""
        await self.end()
        await self.start()

    # What citizens do

    async def opens(self, conversation_id: str, department: str | None = None) -> None:
        """A conversation begins."""

        def work(tx: Any) -> None:
            row = Conversation(id=conversation_id, kind=Kind.CHAT, department=department)
            tx.session.add(row)

        await self.journal.run(work)

    async def writes(
        self, conversation_id: str, text: str, kind: What = What.MESSAGE, target: int | None = None
    ) -> int:
        """An entry that is to be shown on the platform; its number."""
        key = str(next(self.keys))
        draft = Draft(
            conversation_id, kind, "visitor", key, Author.VISITOR, text, "Maria", target, {}, ("memory",)
        )
        return (await self.journal.append(draft)).record.seq

    # The course of things

    async def idle(self) -> None:
        """Return once everybody waits for the clock (or for ever)."""
        quiet = 0
        while quiet < 12:
            await asyncio.sleep(0)
            busy = self.journal.under_way or self.store.under_way
            quiet = 0 if busy else quiet + 1

    async def until(self, reached: Callable[[], bool], seconds: float = 100_000) -> None:
        """Let time pass until it is so."""
        limit = self.clock.passed + seconds
        while True:
            await self.idle()
            if reached():
                return
            assert self.clock.jump(), "nobody waits for anything, and it is not so"
            assert self.clock.passed <= limit, f"it is not so after {seconds} s"

    async def passes(self, seconds: float) -> None:
        """Let this much time pass, whatever happens in it."""
        over = asyncio.ensure_future(self.clock.sleep(seconds))
        await self.until(over.done)

    async def all_done(self, seconds: float = 100_000) -> None:
        """Let time pass until nothing waits to be delivered any more."""
        limit = self.clock.passed + seconds
        while True:
            await self.idle()
            counts = await self.store.delivery_counts()
            if not any(state != DeliveryState.FAILED and n for (_, state), n in counts.items()):
                return
            assert self.clock.jump(), f"nobody waits for anything, and there is {counts}"
            assert self.clock.passed <= limit, f"after {seconds} s there is still {counts}"


def lost_reply() -> OutcomeUnknown:
    """The platform took it and its answer was lost."""
    return OutcomeUnknown("the answer was lost")


async def _no(*_: object) -> bool:
    """No thread begins late here."""
    return False
