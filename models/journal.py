"""The journal: the one writer. Changes that wait at the same time share one transaction (group commit).

A change is acknowledged only after its transaction is on disk. Everything runs in one thread of its own,
so the event loop never waits for the disk, and ``seq`` needs no lock: the writer alone hands it out.
"""

import asyncio
import contextlib
import contextvars
import json
import logging
import queue
import re
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Engine, select
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlmodel import Session

from models.engine import another_came_between
from models.errors import StorageError, UnknownConversation
from models.statements import Statements, statements_for
from models.tables import Author, Conversation, DeliveryState, Entry, State, What, now_ms

log = logging.getLogger(__name__)
T = TypeVar("T")

_MOST_TRIES = 10
"""Times a change is tried that another hub's comes between: one of the two always goes through."""
BATCH = 256
"""Most changes in one transaction: enough to make the disk's sync cheap, few enough to stay under 50 ms."""

_PROBE = "probe"
_PROBE_SIZE = 16_384
"""Characters that a probe writes: as much as any message, so that a disk that takes it takes those too."""

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

_ENTRIES = Entry.__table__  # type: ignore[attr-defined]


@dataclass(slots=True, frozen=True)
class Draft:
    """An entry that is not yet written. ``origin_key`` makes a second arrival of the same thing harmless."""

    conversation_id: str
    kind: What
    origin: str
    origin_key: str
    author: Author
    text: str = ""
    name: str | None = None
    target: int | None = None
    data: dict[str, Any] = field(default_factory=dict)
    deliver_to: tuple[str, ...] = ()
    """Names of the bridges that are to show it."""


class Record(NamedTuple):
    """An entry as it was written; immutable, safe to hand to any task."""

    conversation_id: str
    seq: int
    kind: str
    origin: str
    origin_key: str
    author: str
    name: str | None
    text: str
    target: int | None
    data: dict[str, Any]
    created_at: int
    deliver_to: tuple[str, ...] = ()

    @classmethod
    def of(cls, row: Any) -> "Record":
        """The record of a row of the ``entry`` table."""
        return cls(
            row.conversation_id, row.seq, row.kind, row.origin, row.origin_key, row.author,
            row.name, row.text, row.target, row.data, row.created_at,
        )  # fmt: skip


Listener = Callable[[list[Record], list[int]], None]
"""Is given what was written, in the order written, and the rows' numbers where several hubs may share them."""


class Appended(NamedTuple):
    """The outcome of an append: the record, and whether it had been there before."""

    record: Record
    repeated: bool
    after_close: bool = False
    """Whether the conversation was closed by then."""


class Transaction:
    """What a change may use while it runs: a session, and ``append``. Runs in the writer's thread."""

    def __init__(self, session: Session, statements: Statements, now: Callable[[], int]) -> None:
        self.session = session
        self._statements = statements
        self.written: list[Record] = []
        self.numbers: list[int] = []
        """Of the rows of what was written, where several hubs may share them; else none."""
        self._now = now
        self._closed: set[str] = set()
        """Those of the conversations written to that were closed before."""

    def conversation(self, conversation_id: str) -> Conversation | None:
        """A conversation's row as it is now; until the end nobody else changes it, also on another hub."""
        return self.session.get(Conversation, conversation_id, with_for_update=True, populate_existing=True)

    def append(self, draft: Draft) -> Appended:
        """Write one entry, or find the one that this ``(origin, origin_key)`` wrote before.

        Raises
        ------
        UnknownConversation
            If the draft's conversation is not there.
        """
        outcome = self.append_all([draft])[0]
        if isinstance(outcome, UnknownConversation):
            raise outcome
        return outcome

    def find(self, draft: Draft) -> Record | None:
        """What this ``(origin, origin_key)`` wrote before, if anything."""
        return self._already_written([draft]).get((draft.origin, draft.origin_key))

    def append_all(self, drafts: Sequence[Draft]) -> list[Appended | UnknownConversation]:
        """Write many entries with few statements; the outcomes stand in the drafts' order."""
        connection = self.session.connection()
        moment = self._now()
        known = self._already_written(drafts)
        fresh: dict[tuple[str, str], Draft] = {}
        for draft in drafts:
            key = (draft.origin, draft.origin_key)
            if key not in known:
                fresh.setdefault(key, draft)
        sequences = self._advance([draft.conversation_id for draft in fresh.values()], moment)
        written: dict[tuple[str, str], Record] = {}
        for key, draft in fresh.items():
            last = sequences.get(draft.conversation_id)
            if last is None:
                continue
            sequences[draft.conversation_id] = last + 1
            written[key] = _record(draft, last + 1, moment)
        if written:
            entries = [_entry_row(record) for record in written.values()]
            deliveries = [
                _delivery_row(record, bridge) for record in written.values() for bridge in record.deliver_to
            ]
            self.numbers.extend(self._statements.write(connection, entries, deliveries))
            self.written.extend(written.values())
        return [_outcome(draft, known, written, fresh, self._closed) for draft in drafts]

    def _already_written(self, drafts: Sequence[Draft]) -> dict[tuple[str, str], Record]:
        keys: dict[str, set[str]] = {}
        for draft in drafts:
            keys.setdefault(draft.origin, set()).add(draft.origin_key)
        connection = self.session.connection()
        found: dict[tuple[str, str], Record] = {}
        for origin, its_keys in keys.items():
            arrived = self._statements.arrived(connection, origin, list(its_keys))
            if not arrived:
                continue
            query = select(_ENTRIES).where(_ENTRIES.c.origin == origin, _ENTRIES.c.origin_key.in_(arrived))
            for row in connection.execute(query):
                found[row.origin, row.origin_key] = Record.of(row)
        return found

    def _advance(self, conversations: list[str], moment: int) -> dict[str, int]:
        """Reserve sequence numbers; the last one used before, for each conversation that exists."""
        if not conversations:
            return {}
        reached = self._statements.advance(self.session.connection(), Counter(conversations), moment)
        self._closed.update(one.id for one in reached if one.state == State.CLOSED)
        return {one.id: one.last_seq for one in reached}


@dataclass(slots=True)
class _Change:
    """One thing to do: a draft to append, or a function to run with the transaction."""

    work: Draft | Callable[[Transaction], Any]
    future: "asyncio.Future[Any]"
    outcome: Any = None
    failure: BaseException | None = None
    tries: int = 0


class Journal:
    """Writes changes durably, many at a time; tells listeners on the loop what was written."""

    def __init__(self, engine: Engine, now: Callable[[], int] = now_ms) -> None:
        """``now`` says which moment an entry is given, in milliseconds since 1970 UTC."""
        self._engine = engine
        self._statements = statements_for(engine.dialect)
        self._now = now
        self._queue: queue.SimpleQueue[_Change | None] = queue.SimpleQueue()
        self._listeners: list[Listener] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self.last_failure: StorageError | None = None
        """The latest write's failure, None once a write succeeds again."""

    def start(self) -> None:
        """Start the writer's thread; call on the loop that will await the changes."""
        self._loop = asyncio.get_running_loop()
        mine = contextvars.copy_context()  # what it logs is about whoever starts it
        self._thread = threading.Thread(
            target=mine.run, args=(self._write_forever,), name="journal", daemon=True
        )
        self._thread.start()

    async def stop(self) -> None:
        """Finish what was handed in, then end the thread."""
        if self._thread is not None:
            self._queue.put(None)
            await asyncio.to_thread(self._thread.join)
            self._thread = None
        self._engine.dispose()

    def on_written(self, listener: Listener) -> None:
        """Call ``listener`` on the loop with what each commit wrote."""
        self._listeners.append(listener)

    async def append(self, draft: Draft) -> Appended:
        """Write one entry and return once it is on disk.

        Raises
        ------
        StorageError
            If the disk or database refuses; nothing was kept.
        UnknownConversation
            If the draft's conversation is not there.
        """
        appended: Appended = await self._submit(draft)
        return appended

    async def run(self, work: Callable[[Transaction], T]) -> T:
        """Run ``work`` in the writer's thread, in a shared transaction, and return its result once on disk.

        ``work`` is undone alone when it raises, and its exception is raised here. It may run twice when
        the transaction it shared failed through another's fault, so it must not keep state of its own.

        Raises
        ------
        StorageError
            If the disk or database refuses; nothing was kept.
        """
        result: T = await self._submit(work)
        return result

    async def probe(self) -> None:
        """Find out whether writing works, by a write that leaves nothing; ``last_failure`` says what came of it."""

        def work(tx: Transaction) -> None:
            row = Conversation(id=_PROBE, kind=_PROBE, agreed_text="x" * _PROBE_SIZE)
            tx.session.add(row)
            tx.session.flush()
            tx.session.delete(row)

        with contextlib.suppress(StorageError):
            await self.run(work)

    def _submit(self, work: Draft | Callable[[Transaction], Any]) -> "asyncio.Future[Any]":
        if self._loop is None:
            raise RuntimeError("the journal is not started")
        future = self._loop.create_future()
        self._queue.put(_Change(work, future))
        return future

    def _write_forever(self) -> None:
        while True:
            change = self._queue.get()
            batch: list[_Change] = []
            while change is not None:
                batch.append(change)
                if len(batch) >= BATCH:
                    break
                try:
                    change = self._queue.get_nowait()
                except queue.Empty:
                    break
            if batch:
                self._write(batch)
            if change is None:
                return

    def _write(self, batch: list[_Change]) -> None:
        """Commit the batch as one; where the database objects to the whole, each change alone."""
        try:
            written, numbers = self._commit(batch)
        except BaseException as error:  # the writer must outlive any one change
            again = _came_between(error, batch[0])
            if again or (len(batch) > 1 and not _is_storages_fault(error)):
                for change in batch:
                    change.tries += 1
                    self._write([change])
                return
            if _is_storages_fault(error):
                self._give_up(batch, error)
            else:
                log.error("a change could not be written", exc_info=error)
                batch[0].failure = error
            written, numbers = [], []
        assert self._loop is not None
        try:
            self._loop.call_soon_threadsafe(self._settle, batch, written, numbers)
        except RuntimeError:  # the loop is closed: nobody waits any more
            log.warning("a commit finished after the loop had ended")

    def _give_up(self, batch: list[_Change], error: BaseException) -> None:
        while isinstance(error.__context__, DBAPIError):  # a full disk undoes all, then a savepoint is missed
            error = error.__context__
        failure = StorageError(getattr(error, "orig", None) or error)
        if self.last_failure is None:
            log.error("storage: %s; nothing was acknowledged, trying again with the next message", failure)
        self.last_failure = failure
        for change in batch:
            change.failure = failure

    def _commit(self, batch: list[_Change]) -> tuple[list[Record], list[int]]:
        with Session(self._engine, expire_on_commit=False) as session:
            transaction = Transaction(session, self._statements, self._now)
            position = 0
            while position < len(batch):
                position += self._apply(transaction, batch, position)
            session.commit()
        if self.last_failure is not None:
            log.warning("storage: writing works again")
            self.last_failure = None
        return transaction.written, transaction.numbers

    def _apply(self, transaction: Transaction, batch: list[_Change], position: int) -> int:
        """Apply the change at ``position``, or the run of appends that starts there; how many were done."""
        change = batch[position]
        change.failure = None
        if not isinstance(change.work, Draft):
            self._run_work(transaction, change, change.work, alone=len(batch) == 1)
            return 1
        run = [change]
        drafts = [change.work]
        for other in batch[position + 1 :]:
            if not isinstance(other.work, Draft):
                break
            run.append(other)
            drafts.append(other.work)
        for appender, outcome in zip(run, transaction.append_all(drafts), strict=True):
            if isinstance(outcome, UnknownConversation):
                appender.failure = outcome
            else:
                appender.failure, appender.outcome = None, outcome
        return len(run)

    def _run_work(
        self, transaction: Transaction, change: _Change, work: Callable[[Transaction], Any], *, alone: bool
    ) -> None:
        """Run it so that it can be undone without the others; ``alone``: there are none."""
        session, marks = transaction.session, (len(transaction.written), len(transaction.numbers))
        try:
            with contextlib.nullcontext() if alone else session.begin_nested():
                change.outcome = work(transaction)
                session.flush()
        except Exception as error:
            if _came_between(error, change) or _is_storages_fault(error):
                raise
            if alone:
                session.rollback()
            del transaction.written[marks[0] :], transaction.numbers[marks[1] :]
            change.failure = error

    def _settle(self, batch: list[_Change], written: list[Record], numbers: list[int]) -> None:
        if written:
            for listener in self._listeners:
                listener(written, numbers)
        for change in batch:
            if change.future.done():
                continue
            if change.failure is not None:
                change.future.set_exception(change.failure)
            else:
                change.future.set_result(change.outcome)


def _came_between(error: BaseException, change: _Change) -> bool:
    """Whether another hub's transaction is to blame, and the change has tries left."""
    return isinstance(error, DBAPIError) and another_came_between(error) and change.tries < _MOST_TRIES


def _is_storages_fault(error: BaseException) -> bool:
    """Whether the database cannot be written at all, rather than not with this change."""
    if isinstance(error, IntegrityError | DataError | ProgrammingError):
        return False
    return isinstance(error, DBAPIError | PoolTimeout | OSError)


def storable(text: str) -> str:
    """``text`` as every database takes it: what none of them stores is shown as a missing character.

    JSON may carry half of a character's two halves (``"\\ud800"``), which no encoding has, and a NUL, which
    PostgreSQL has not.
    """
    return _UNSTORABLE.sub("\ufffd", text)


def _record(draft: Draft, seq: int, moment: int) -> Record:
    return Record(
        draft.conversation_id, seq, draft.kind, draft.origin, draft.origin_key, draft.author,
        draft.name and storable(draft.name), storable(draft.text), draft.target, draft.data, moment, draft.deliver_to,
    )  # fmt: skip


def _entry_row(record: Record) -> tuple[Any, ...]:
    return (
        record.conversation_id, record.seq, record.kind, record.origin, record.origin_key, record.author,
        record.name, record.text, record.target, json.dumps(record.data), record.created_at,
    )  # fmt: skip


def _delivery_row(record: Record, bridge: str) -> tuple[Any, ...]:
    moment = record.created_at
    return (
        record.conversation_id, record.seq, bridge, DeliveryState.QUEUED.value, 0, moment, moment, moment,
    )  # fmt: skip


def _outcome(
    draft: Draft,
    known: dict[tuple[str, str], Record],
    written: dict[tuple[str, str], Record],
    first: dict[tuple[str, str], Draft],
    closed: set[str],
) -> Appended | UnknownConversation:
    key = (draft.origin, draft.origin_key)
    if key in known:
        return Appended(known[key], repeated=True)
    if key in written:
        after_close = draft.conversation_id in closed
        return Appended(written[key], first[key] is not draft, after_close)
    return UnknownConversation(draft.conversation_id)
