"""What became of operators' messages: a sign on each says that the citizen's page has it, or that nobody reads it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel import col, update

from models.errors import StorageError
from models.journal import Journal, Record, Transaction
from models.store import Store
from models.tables import Author, Conversation, What
from models.unread import Unread
from routing.bridge import Bridge, Sign
from routing.clock import Clock

log = logging.getLogger(__name__)

AWAY_AFTER = 120.0
"""Seconds that a message may wait for a page before the citizen counts as gone: a phone in a tunnel comes back."""
_TAKEN_UP = 600.0
"""Seconds that a message may be old when the program starts and still be looked after: no storm of old signs."""
_PATIENCE = 60.0
"""Seconds that a sign waits for room before it is dropped."""
_MOST_WANTED = 200
"""Signs that wait for one platform; more are dropped."""


@dataclass(slots=True, frozen=True)
class _Wanted:
    """An emoji that a message is to bear, and the monotonic moment after which it is not worth it any more."""

    sign: str
    instead_of: str | None
    until: float


class Signs:
    """Signs are nice to have: whatever fails here is noted, and nothing waits for it.

    A message is *had* once it was written to an open page, or a page says that it has it (``Last-Event-ID``). How far
    that is stands in the record, so that two pages, a reload or a restart sign nothing a second time.
    """

    def __init__(
        self,
        journal: Journal,
        store: Store,
        bridges: Mapping[str, Bridge],
        nobody_reads: Callable[[str, int], Awaitable[bool]],
        clock: Clock,
    ) -> None:
        """Take the parts that it needs.

        ``nobody_reads`` tells a conversation's operators that the citizen is gone, once for each number up to which
        their messages were had; False where no citizen reads on a page.
        """
        self._journal = journal
        self._store = store
        self._bridges = bridges
        self._nobody_reads = nobody_reads
        self._clock = clock
        self._newest: dict[str, int] = {}
        """The newest of operators' messages in the conversations that are looked after."""
        self._wanted: dict[str, dict[tuple[str, str], _Wanted]] = {}
        """By bridge, chat and message; the newest sign of a message is the one that counts."""
        self._tasks: set[asyncio.Task[None]] = set()
        self.to_leader: Callable[[list[Unread], Sign], None] | None = None
        """Where another hub puts the signs up; None where this one does."""

    async def take_up(self) -> None:
        """Look after what operators wrote shortly before the program ended."""
        since = self._clock.now() - int(_TAKEN_UP * 1000)
        for conversation_id, seq in (await self._store.unread_since(since)).items():
            self.look_after(conversation_id, seq)

    async def stop(self) -> None:
        """Sign nothing more, until something is to be signed again."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._newest.clear()
        self._wanted.clear()

    def wrote(self, record: Record) -> None:
        """Something was written; where an operator wrote it to a citizen, see whether it is read."""
        if _is_reply(record):
            self.look_after(record.conversation_id, record.seq)

    def shown(self, record: Record) -> None:
        """This was written to an open page."""
        if _is_reply(record):
            self.had(record.conversation_id, record.seq)

    def had(self, conversation_id: str, seq: int) -> None:
        """The citizen has all that was written up to ``seq``."""
        self._run(self._sign_as_had(conversation_id, seq))

    def erased(self, unread: list[Unread]) -> None:
        """A conversation was erased before these were read."""
        self.sign([message for message in unread if not self._is_overdue(message)], Sign.UNREAD)

    def unread(self, bridge: str, chat: str, message: str) -> None:
        """An operator wrote this where no conversation is any more: nobody will read it."""
        self._want(bridge, (chat, message), Sign.UNREAD)

    async def _sign_as_had(self, conversation_id: str, seq: int) -> None:
        unread = [message for message in await self._store.unread(conversation_id) if message.seq <= seq]
        if not unread or not await self._journal.run(_mark(conversation_id, unread[-1].seq)):
            return  # an old page, or another one of the same citizen was first
        self.sign(unread, Sign.READ)

    def look_after(self, conversation_id: str, seq: int) -> None:
        """An operator wrote this to a citizen, here or at another hub: see whether it is read."""
        if self.to_leader is not None:
            return
        is_new = conversation_id not in self._newest
        self._newest[conversation_id] = seq
        if is_new:
            self._run(self._wait_for_reader(conversation_id, seq))

    async def _wait_for_reader(self, conversation_id: str, first: int) -> None:
        """Until all that operators wrote, from ``first`` on, was read, or they were told that nobody does."""
        told = first - 1
        try:
            while True:
                newest = self._newest[conversation_id]
                waiting = [m for m in await self._store.unread(conversation_id) if m.seq > told]
                if waiting and (left := self._time_left(waiting[0])) > 0:
                    await self._clock.sleep(left)
                elif waiting:
                    overdue = [message for message in waiting if self._is_overdue(message)]
                    if not await self._nobody_reads(conversation_id, overdue[0].had_seq):
                        return
                    self.sign(overdue, Sign.UNREAD)
                    told = overdue[-1].seq
                elif newest == self._newest[conversation_id]:
                    return
        finally:
            self._newest.pop(conversation_id, None)

    def _time_left(self, message: Unread) -> float:
        # The machine's clock may have been set: nobody is waited for longer than that.
        return min(AWAY_AFTER, AWAY_AFTER - (self._clock.now() - message.created_at) / 1000)

    def _is_overdue(self, message: Unread) -> bool:
        return self._time_left(message) <= 0

    def sign(self, messages: list[Unread], sign: Sign) -> None:
        """Have these messages bear a sign, where the operator wrote them on a platform."""
        if self.to_leader is not None:
            self.to_leader(messages, sign)
            return
        for message in messages:
            if message.chat is not None and message.message is not None:
                instead_of = Sign.UNREAD if sign == Sign.READ and self._is_overdue(message) else None
                self._want(message.bridge, (message.chat, message.message), sign, instead_of)

    def mirror(self, bridge: str, chat: str, message: str, reaction: str, instead_of: str | None) -> None:
        """Show on a platform what an operator of another one put on a citizen's message; "" for nothing any more."""
        self._want(bridge, (chat, message), reaction, instead_of)

    def _want(self, bridge: str, which: tuple[str, str], sign: str, instead_of: str | None = None) -> None:
        queue = self._wanted.setdefault(bridge, {})
        if bridge not in self._bridges or len(queue) >= _MOST_WANTED:
            return
        was_empty = not queue
        waiting = queue.get(which)
        if waiting is not None and instead_of is None:
            instead_of = waiting.instead_of  # which is still there
        queue[which] = _Wanted(sign, instead_of, self._clock.monotonic() + _PATIENCE)
        if was_empty:
            self._run(self._put_up(self._bridges[bridge], queue))

    async def _put_up(self, bridge: Bridge, queue: dict[tuple[str, str], "_Wanted"]) -> None:
        """Put up what is wanted, one after the other; what finds no room for too long is dropped."""
        while queue:
            key, wanted = next(iter(queue.items()))
            pause = 0.0
            try:
                pause = await bridge.sign(*key, wanted.sign, wanted.instead_of)
            finally:
                keep = 0 < pause <= wanted.until - self._clock.monotonic()
                if not keep and queue.get(key) is wanted:
                    del queue[key]
            if keep:
                await self._clock.sleep(pause)

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(_quietly(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _is_reply(record: Record) -> bool:
    return record.author == Author.OPERATOR and record.kind in (What.MESSAGE, What.FILE)


def _mark(conversation_id: str, seq: int) -> Callable[[Transaction], bool]:
    """Write down that all up to ``seq`` was had; whether that is news."""

    def work(tx: Transaction) -> bool:
        marked = tx.session.exec(
            update(Conversation)
            .where(col(Conversation.id) == conversation_id, col(Conversation.had_seq) < seq)
            .values(had_seq=seq)
        )
        return bool(marked.rowcount)

    return work


async def _quietly(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except StorageError as error:
        log.info("signs: %s", error)
    except Exception:
        log.exception("signs: something unforeseen; going on without")
