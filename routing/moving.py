"""Threads that are not where they belong any more: their conversations go on in others, with their story so far.

A department's channel was changed in ``config.yaml``, a conversation was passed on, the platform's app was made anew,
or a platform came later. Like the hours, this follows from the record and the configuration: it may be looked after at
any time, any number of times, also by a process that died in between, and moves each conversation once.
"""

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

from sqlmodel import col, select, update

from models.errors import StorageError, UnknownConversation
from models.journal import Draft, Record, Transaction
from models.questions import deliveries_of
from models.tables import (
    Author,
    Conversation,
    Delivery,
    DeliveryState,
    Entry,
    Kind,
    State,
    Thread,
    What,
    now_ms,
)
from models.term import Forever, Term
from routing.bridge import Bridge, ConversationInfo, Place, Post
from routing.changes import HUB
from routing.ledger import former
from routing.shifts import Shifts
from routing.story import story, told_of
from routing.texts import say

log = logging.getLogger(__name__)

ALIVE = timedelta(days=7)
"""A conversation in which nothing has happened for longer moves when somebody writes in it, as closed ones do: a new
channel is not to begin with a heap of threads that nobody waits for."""
_LOOK_EVERY = 30.0
"""Seconds between two looks, where nothing asked for one."""
_LOOK_AGAIN = 2.0
"""The same while old threads are being told: one that is out of reach tells nothing."""
_REST = 0.2
"""Seconds between two looks at the least, while hundreds of old threads are being told."""
_MOST = 2_000
"""Conversations looked at on a platform, the latest first."""
_NOTICE_FIRST = 60_000
"""Milliseconds that the old thread's notice has to get there before the conversation goes on without it."""
_NOTICE_TRIES = 3
"""Times that it may fail before the old thread counts as out of reach."""


class Moving(Shifts):
    """Looks after where conversations are on each platform."""

    _keeping: asyncio.Task[None] | None = None

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self._term: Term = Forever()
        self._leaving: dict[tuple[str, str], Record] = {}
        """The notice that an old thread is being given, by platform and conversation."""

    async def post_settled(self, post: Post, sent: bool) -> None:
        """A post is on a platform, or was given up."""
        await self.receipts.settled(post, sent)
        if post.entry.data.get("leaves"):
            self.places.set()

    def begin_to_keep_places(self, term: Term) -> None:
        """For a term look after where conversations are, in the background."""
        self._term = term
        self._keeping = asyncio.create_task(self._keep_places(), name="places")

    async def stop_keeping_places(self) -> None:
        """Leave them where they are."""
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)

    async def _keep_places(self) -> None:
        while True:
            self.places.clear()
            try:
                for name, bridge in self.bridges.items():
                    if name not in self.correspondents and bridge.identity is not None:
                        await self._look_over(bridge, bridge.identity)
            except UnknownConversation:  # erased meanwhile
                self.places.set()
            except StorageError as error:
                log.warning("the places of conversations could not be looked after: %s", error)
            except Exception:
                log.exception(
                    "looking after the places of conversations failed in an unforeseen way; going on"
                )
            await asyncio.sleep(_REST if self._leaving else 0)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_AGAIN if self._leaving else _LOOK_EVERY):
                    await self.places.wait()

    async def _look_over(self, bridge: Bridge, identity: str) -> None:
        placed = await self.store.placed(bridge.name, _MOST)
        if identity and any(found.opened_as == "" for found in placed):
            await self._claim(bridge.name, identity)
        since = now_ms() - int(ALIVE.total_seconds() * 1000)
        for found in placed:
            wanted = bridge.destination(found.department)
            if wanted is None or (found.updated_at < since and not found.waits):
                continue
            is_ours = not identity or found.opened_as in ("", identity)
            if (found.chat is None and found.waits) or (found.chat == wanted and is_ours):
                continue  # where it belongs, or the outbox sees to it
            info = await self.conversation(found.conversation_id)
            if info is not None and found.chat is None:
                await self._arrive(bridge, info, None)
            elif info is not None:
                await self._leave(bridge, info, Place(found.chat or "", found.thread or ""), wanted)

    async def _claim(self, bridge: str, identity: str) -> None:
        """Threads of which it is not known who opened them, are the present account's."""

        def work(tx: Transaction) -> None:
            self._term.check(tx)
            unknown = update(Thread).where(col(Thread.bridge) == bridge, col(Thread.opened_as) == "")
            tx.session.exec(unknown.values(opened_as=identity))

        await self.journal.run(work)

    async def _leave(self, bridge: Bridge, info: ConversationInfo, old: Place, wanted: str) -> None:
        """Tell the old thread where the conversation goes on; once that is there, or cannot be, let it go on there."""
        notice = self._leaving.get((bridge.name, info.id))
        if notice is None:
            there = f"{bridge.name.capitalize()} {await bridge.name_of(wanted)}"
            key = f"leaves/{bridge.name}/{info.id}/{old.chat}/{old.thread}"
            text = say(self.operators_language, "moves", place=there)
            draft = Draft(
                info.id, What.ANSWER, HUB, key, Author.SYSTEM, text, data={"leaves": True},
                deliver_to=(bridge.name,),
            )  # fmt: skip
            notice = self._leaving[bridge.name, info.id] = (await self.journal.append(draft)).record
        waiting = await self.store.waiting_deliveries(info.id, bridge.name)
        tried = max((delivery.attempts for delivery in waiting), default=0)
        is_under_way = any(delivery.seq <= notice.seq for delivery in waiting) and tried < _NOTICE_TRIES
        if (
            is_under_way and now_ms() - notice.created_at < _NOTICE_FIRST
        ):  # by the machine's clock, as deliveries are
            return
        del self._leaving[bridge.name, info.id]
        await self._arrive(bridge, info, old, besides=notice.seq)

    async def begins_late(self, bridge: Bridge, info: ConversationInfo, first: Delivery) -> bool:
        """Whether something was written that is to open the conversation's thread there, before ``first`` does."""
        if first.seq == 1 or info.kind in (Kind.OFFICE, Kind.WITHDRAWAL):
            return False
        entry = await self.store.entry(info.id, first.seq)
        if entry is None or entry.data.get("arrives"):
            return False
        return await self._arrive(bridge, info, None)

    async def _arrive(
        self, bridge: Bridge, info: ConversationInfo, old: Place | None, *, besides: int = 0
    ) -> bool:
        """Let a conversation go on in a thread of its own: where it comes from, its story, then what waits for it.

        All in one transaction: a crash leaves it where it was, or has it moved. ``besides`` is the number of the old
        thread's notice, which is of no use elsewhere.
        """
        language, office = self.operators_language, self.settings.office
        if old is None:
            text = say(language, "begun_elsewhere")
        else:
            there = f"{bridge.name.capitalize()} {await bridge.name_of(old.chat)}"
            text = say(language, "moved_here", place=there)
        wanted = bridge.destination(info.department) or ""
        key = f"{bridge.name}/{info.id}/{f'{old.chat}/{old.thread}' if old else wanted}"

        def draft(name: str, text: str) -> Draft:
            return Draft(
                info.id, What.ANSWER, HUB, f"{name}/{key}", Author.SYSTEM, text, data={name: True},
                deliver_to=(bridge.name,),
            )  # fmt: skip

        line = draft("arrives", text)

        def work(tx: Transaction) -> bool:
            self._term.check(tx)
            # Held from here on: what another hub writes into it comes before all of this, or after.
            row = tx.session.get(Conversation, info.id, with_for_update=True)
            thread = tx.session.get(Thread, (info.id, bridge.name))
            now = Place(thread.chat, thread.thread) if thread else None
            if row is None or row.state == State.CLOSED or now != old or tx.find(line) is not None:
                return False
            entries = tx.session.exec(
                select(Entry).where(col(Entry.conversation_id) == info.id).order_by(col(Entry.seq))
            ).all()
            not_there = _not_there(tx, info.id, bridge.name)
            waiting = [d for d in not_there if d.state != DeliveryState.FAILED and d.seq != besides]
            untold = {delivery.seq for delivery in not_there}
            if old is None and not [e for e in told_of(entries) if e.seq not in untold]:
                return False
            if thread is not None:
                tx.session.add(former(thread))
                tx.session.delete(thread)
            told = story(entries, untold, office.name, language, ZoneInfo(office.timezone))
            _take_back(tx, not_there)
            tx.append(line)
            if told:
                tx.append(draft("story", told))
            _send_after(tx, waiting, entries, untold)
            return True

        moved = await self.journal.run(work)
        if moved and old is not None:
            bridge.left(info.id, old)
            log.info("%s: a conversation goes on in another thread", bridge.name)
        return moved


def _not_there(tx: Transaction, conversation_id: str, bridge: str) -> list[Delivery]:
    """What the platform does not have, or of which nobody knows, in sending order."""
    return list(
        tx.session.exec(
            select(Delivery)
            .where(
                deliveries_of(conversation_id),
                col(Delivery.bridge) == bridge,
                col(Delivery.state) != DeliveryState.SENT,
            )
            .order_by(col(Delivery.id))
        ).all()
    )


def _take_back(tx: Transaction, deliveries: list[Delivery]) -> None:
    for delivery in deliveries:
        if delivery.state != DeliveryState.FAILED:
            tx.session.delete(delivery)
    tx.session.flush()


def _send_after(
    tx: Transaction, deliveries: list[Delivery], entries: Sequence[Entry], untold: set[int]
) -> None:
    """Queue them again, behind what was written since; a change of what the story tells is in it already."""
    targets = {entry.seq: entry.target for entry in entries}
    for delivery in deliveries:
        target = targets.get(delivery.seq)
        if target is None or target in untold:
            tx.session.add(
                Delivery(
                    conversation_id=delivery.conversation_id, seq=delivery.seq, bridge=delivery.bridge,
                    created_at=delivery.created_at, entry_id=delivery.entry_id,
                )
            )  # fmt: skip
            tx.session.flush()
