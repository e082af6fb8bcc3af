"""Reading the record: awaited queries on the event loop, never a write."""

import asyncio
from collections.abc import Callable, Collection, Coroutine, Iterable, Sequence
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Select, func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlmodel import col

from models import questions
from models.engine import READERS
from models.errors import StorageError
from models.figures import Beginning, beginnings, said_between
from models.heads import HEADS, Head
from models.journal import Record
from models.tables import (
    BY_HAND,
    BY_OPERATORS,
    FINISHED,
    UNFINISHED,
    Author,
    Block,
    Callback,
    Conversation,
    Delivery,
    DeliveryState,
    Entry,
    FormerThread,
    Kind,
    Presence,
    RemoteMessage,
    State,
    StoredFile,
    Switch,
    Thread,
    Vacancy,
    What,
    changed_since,
    touched_since,
    unchanged_since,
)
from models.unread import UNREAD_IN, Unread, unread_since

T = TypeVar("T")

_ENTRIES = Entry.__table__  # type: ignore[attr-defined]
_DELIVERIES = Delivery.__table__  # type: ignore[attr-defined]
_THREADS = Thread.__table__  # type: ignore[attr-defined]
_CONVERSATIONS = Conversation.__table__  # type: ignore[attr-defined]
_LATELY = 5_000
"""Gestures of operators among which the names of colleagues are looked for."""
_IS_OPEN = (
    _CONVERSATIONS.c.kind.in_((Kind.CHAT, Kind.CALLBACK)),
    _CONVERSATIONS.c.state.in_((State.WAITING, State.ACTIVE)),
)


class Pause(NamedTuple):
    """A platform does not want to be written to in a chat ``until`` a moment; ``asked_for`` so many ms."""

    chat: str | None
    department: str | None
    until: int
    asked_for: int


class Unanswered(NamedTuple):
    """A chat with a citizen's word that no operator answered: the first such, and when it was written."""

    conversation: Conversation
    seq: int
    since: int


class Waiter(NamedTuple):
    """A chat that waits for its first answer."""

    id: str
    department: str | None
    created_at: int


class Placed(NamedTuple):
    """An open conversation and its thread on a platform (None where it has none), with what it has to send there."""

    conversation_id: str
    department: str | None
    updated_at: int
    chat: str | None
    thread: str | None
    opened_as: str | None
    waits: int


class FirstAnswer(NamedTuple):
    """When a chat began, and when an operator first answered in it; ``waits``: it is still waiting."""

    began: int
    answered: int | None
    waits: bool


class Store:
    """Questions to the record. Every method raises ``StorageError`` when the database cannot answer."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        # Who waits for a connection waits here, and costs next to nothing: in SQLAlchemy it would hold a
        # greenlet with a stack, and thousands of pages come back at once after a restart.
        self._turns = asyncio.Semaphore(READERS)
        self._reading: set[asyncio.Task[Sequence[Any]]] = set()
        self._closed = False

    async def close(self) -> None:
        """Give the connections back, once what is being read has been; who still waits for a turn is refused."""
        self._closed = True
        if self._reading:
            await asyncio.wait(self._reading)
        await self._engine.dispose()

    async def ping(self) -> None:
        """Ask the database for nothing, to learn whether it answers."""
        await self._rows(text("SELECT 1"))

    async def conversation(self, conversation_id: str) -> Conversation | None:
        """The conversation with this id."""
        return await self._one(questions.CONVERSATION, {"id": conversation_id})

    async def conversation_by_client_key(self, client_key: str) -> Conversation | None:
        """The conversation that was started under this key."""
        return await self._one(select(Conversation).where(col(Conversation.client_key) == client_key))

    async def conversations(
        self, *, kinds: Iterable[Kind], states: Iterable[State], limit: int = 200
    ) -> list[Conversation]:
        """Conversations of these kinds and states, the most recently changed first."""
        query = (
            select(Conversation)
            .where(col(Conversation.kind).in_(list(kinds)), col(Conversation.state).in_(list(states)))
            .order_by(_CONVERSATIONS.c.updated_hour.desc(), _CONVERSATIONS.c.updated_at.desc())
            .limit(limit)
        )
        return await self._all(query)

    async def entries(
        self, conversation_id: str, *, after: int = 0, limit: int | None = None
    ) -> list[Record]:
        """Entries of a conversation with a ``seq`` greater than ``after``, in order."""
        values = {"conversation": conversation_id, "after": after, "limit": limit or questions.ALL}
        return [Record.of(row) for row in await self._rows(questions.ENTRIES, values)]

    async def turns(self, conversation_id: str) -> list[Record]:
        """What says how a conversation stands, in order.

        All that happened in it but the citizen's messages; of those only the first that nobody has answered.
        """
        rows = await self._rows(questions.TURNS, {"conversation": conversation_id})
        return [Record.of(row) for row in rows]

    async def last_said(self, conversation_id: str, limit: int) -> list[Record]:
        """The newest texts of the citizen's own, in order."""
        values = {"conversation": conversation_id, "limit": limit}
        return [Record.of(row) for row in reversed(await self._rows(questions.LAST_SAID, values))]

    async def entry(self, conversation_id: str, seq: int) -> Record | None:
        """One entry by its number."""
        rows = await self._rows(questions.ENTRY, {"conversation": conversation_id, "seq": seq})
        return Record.of(rows[0]) if rows else None

    async def entry_by_key(self, origin: str, origin_key: str) -> Record | None:
        """The entry that this arrival wrote, if it came before."""
        rows = await self._rows(questions.ENTRY_BY_KEY, {"origin": origin, "key": origin_key})
        return Record.of(rows[0]) if rows else None

    async def last_entries(self, conversation_ids: Sequence[str]) -> dict[str, Record]:
        """The newest entry of each of these conversations."""
        newest = (
            select(_ENTRIES.c.conversation_id, func.max(_ENTRIES.c.seq).label("seq"))
            .where(_ENTRIES.c.conversation_id.in_(conversation_ids))
            .group_by(_ENTRIES.c.conversation_id)
            .subquery()
        )
        query = select(_ENTRIES).join(
            newest,
            (newest.c.conversation_id == _ENTRIES.c.conversation_id) & (newest.c.seq == _ENTRIES.c.seq),
        )
        return {row.conversation_id: Record.of(row) for row in await self._rows(query)}

    async def last_words(self, conversation_ids: Sequence[str]) -> dict[str, Record]:
        """The newest message or file of a citizen or an operator in each of these conversations."""
        newest = (
            select(func.max(_ENTRIES.c.id).label("id"))
            .where(
                _ENTRIES.c.conversation_id.in_(conversation_ids),
                _ENTRIES.c.kind.in_((What.MESSAGE, What.FILE)),
                _ENTRIES.c.author != Author.SYSTEM,
            )
            .group_by(_ENTRIES.c.conversation_id)
            .subquery()
        )
        query = select(_ENTRIES).join(newest, newest.c.id == _ENTRIES.c.id)
        return {row.conversation_id: Record.of(row) for row in await self._rows(query)}

    async def unanswered(self, since: int) -> list[Unanswered]:
        """Chats in which something happened since then, and whose citizen waits for an answer.

        Without those that became callbacks, and those that are taken and whose citizen was told already.
        """
        word = _ENTRIES.alias()
        first = questions.first_unanswered(_CONVERSATIONS.c.id)
        query = (
            select(Conversation, word.c.seq, word.c.created_at)
            .join(word, (word.c.conversation_id == _CONVERSATIONS.c.id) & (word.c.seq == first))
            .outerjoin(Callback, col(Callback.conversation_id) == _CONVERSATIONS.c.id)
            .where(
                _CONVERSATIONS.c.kind == Kind.CHAT,
                _CONVERSATIONS.c.state.in_((State.WAITING, State.ACTIVE)),
                changed_since(since),
                (_CONVERSATIONS.c.state == State.WAITING) | _CONVERSATIONS.c.reminded.is_(False),
                _CONVERSATIONS.c.blocked.is_(False),
                col(Callback.reference).is_(None),
            )
            .order_by(word.c.created_at)
        )
        return [Unanswered(*row) for row in await self._whole(query)]

    async def in_line(self, since: int, limit: int) -> list[Waiter]:
        """Chats that wait for an answer, and in which something happened since then; the oldest first."""
        query = (
            select(_CONVERSATIONS.c.id, _CONVERSATIONS.c.department, _CONVERSATIONS.c.created_at)
            .outerjoin(Callback, col(Callback.conversation_id) == _CONVERSATIONS.c.id)
            .where(
                _CONVERSATIONS.c.kind == Kind.CHAT,
                _CONVERSATIONS.c.state == State.WAITING,
                changed_since(since),
                _CONVERSATIONS.c.blocked.is_(False),
                col(Callback.reference).is_(None),
            )
            .order_by(_CONVERSATIONS.c.created_at, _CONVERSATIONS.c.id)
            .limit(limit)
        )
        return [Waiter(*row) for row in await self._rows(query)]

    async def first_answers(self, department: str | None, since: int, limit: int) -> list[FirstAnswer]:
        """The latest chats of a department that began since then, and when each was first answered."""
        latest = (
            select(_CONVERSATIONS.c.id, _CONVERSATIONS.c.created_at, _CONVERSATIONS.c.state)
            .where(
                touched_since(since, Kind.CHAT),
                _CONVERSATIONS.c.created_at >= since,
                _CONVERSATIONS.c.department == department
                if department is not None
                else _CONVERSATIONS.c.department.is_(None),
            )
            .order_by(_CONVERSATIONS.c.created_at.desc())
            .limit(limit)
            .subquery()
        )
        answers = (
            select(_ENTRIES.c.conversation_id, func.min(_ENTRIES.c.created_at).label("at"))
            .where(
                _ENTRIES.c.conversation_id.in_(select(latest.c.id)),
                BY_OPERATORS,
                _ENTRIES.c.kind.in_((What.MESSAGE, What.FILE)),
            )
            .group_by(_ENTRIES.c.conversation_id)
            .subquery()
        )
        query = select(latest.c.created_at, answers.c.at, latest.c.state).outerjoin(
            answers, answers.c.conversation_id == latest.c.id
        )
        return [
            FirstAnswer(began, at, state == State.WAITING) for began, at, state in await self._rows(query)
        ]

    async def beginnings(self, since: int, until: int) -> list[Beginning]:
        """The chats that began after ``since``, up to ``until``."""
        return [Beginning(*row) for row in await self._rows(beginnings(since, until))]

    async def said_between(self, kind: What, since: int, until: int) -> list[tuple[str, dict[str, Any]]]:
        """Conversation and data of the entries of a kind written after ``since``, up to ``until``."""
        return [(row[0], row[1]) for row in await self._rows(said_between(kind, since, until))]

    async def earlier(self, browser_mark: str, before: int, limit: int) -> list[Conversation]:
        """The conversations that the same browser started before that moment, the newest first."""
        query = select(Conversation).where(
            col(Conversation.browser_mark) == browser_mark, col(Conversation.created_at) < before
        )
        return await self._all(query.order_by(col(Conversation.created_at).desc()).limit(limit))

    async def older_than(self, kind: Kind, moment: int) -> list[str]:
        """Ids of conversations of a kind in which nothing has happened since ``moment``."""
        query = select(col(Conversation.id)).where(
            col(Conversation.kind) == kind,
            col(Conversation.state).in_(list(State)),  # all of them: the index begins with both
            unchanged_since(moment),
        )
        return [row.id for row in await self._rows(query)]

    async def thread(self, conversation_id: str, bridge: str) -> Thread | None:
        """Where a conversation lives on a platform."""
        return await self._one(questions.THREAD, {"conversation": conversation_id, "bridge": bridge})

    async def thread_at(self, bridge: str, chat: str, thread: str) -> Thread | None:
        """The conversation's thread at a place of a platform."""
        return await self._one(questions.THREAD_AT, {"bridge": bridge, "chat": chat, "thread": thread})

    async def former_thread_at(self, bridge: str, chat: str, thread: str) -> FormerThread | None:
        """The thread at a place of a platform that a conversation has left."""
        return await self._one(
            select(FormerThread).where(
                col(FormerThread.bridge) == bridge,
                col(FormerThread.chat) == chat,
                col(FormerThread.thread) == thread,
            )
        )

    async def former_threads(self, conversation_id: str, bridge: str) -> list[FormerThread]:
        """The threads on a platform that a conversation has left."""
        return await self._all(
            select(FormerThread).where(
                col(FormerThread.conversation_id) == conversation_id, col(FormerThread.bridge) == bridge
            )
        )

    async def open_threads(self, bridge: str) -> list[Thread]:
        """The threads of conversations that are not closed, the most recently changed first."""
        return await self._all(_of_open(select(Thread), Thread, bridge))

    async def left_threads(self, bridge: str) -> list[FormerThread]:
        """The threads that conversations have left which are not closed, the most recently changed first."""
        return await self._all(_of_open(select(FormerThread), FormerThread, bridge))

    async def placed(self, bridge: str, limit: int) -> list[Placed]:
        """Where on a platform open conversations are, the most recently changed first."""
        waits = (
            select(func.count(_DELIVERIES.c.id))
            .select_from(_ENTRIES.join(_DELIVERIES, _DELIVERIES.c.entry_id == _ENTRIES.c.id))
            .where(
                _ENTRIES.c.conversation_id == _CONVERSATIONS.c.id,
                _DELIVERIES.c.bridge == bridge,
                _DELIVERIES.c.state.not_in(FINISHED),
            )
            .scalar_subquery()
        )
        query = (
            select(
                _CONVERSATIONS.c.id,
                _CONVERSATIONS.c.department,
                _CONVERSATIONS.c.updated_at,
                _THREADS.c.chat,
                _THREADS.c.thread,
                _THREADS.c.opened_as,
                waits,
            )
            .outerjoin(
                _THREADS, (_THREADS.c.conversation_id == _CONVERSATIONS.c.id) & (_THREADS.c.bridge == bridge)
            )
            .where(*_IS_OPEN)
            .order_by(_CONVERSATIONS.c.updated_at.desc())
            .limit(limit)
        )
        return [Placed(*row) for row in await self._rows(query)]

    async def remote_messages(self, conversation_id: str, seq: int, bridge: str) -> list[RemoteMessage]:
        """The messages by which we show an entry on a platform, in the order of their parts."""
        query = (
            select(RemoteMessage)
            .where(
                col(RemoteMessage.conversation_id) == conversation_id,
                col(RemoteMessage.seq) == seq,
                col(RemoteMessage.bridge) == bridge,
                col(RemoteMessage.part) != BY_HAND,
            )
            .order_by(col(RemoteMessage.part))
        )
        return await self._all(query)

    async def messages_on(self, conversation_id: str, bridge: str, chat: str) -> list[RemoteMessage]:
        """All messages of a conversation in a chat of a platform, in no order."""
        query = select(RemoteMessage).where(
            col(RemoteMessage.conversation_id) == conversation_id,
            col(RemoteMessage.bridge) == bridge,
            col(RemoteMessage.chat) == chat,
        )
        return await self._all(query)

    async def remote_message(self, bridge: str, chat: str, message: str) -> RemoteMessage | None:
        """The entry behind a message on a platform."""
        values = {"bridge": bridge, "chat": chat, "message": message}
        return await self._one(questions.REMOTE_MESSAGE, values)

    async def next_deliveries(self, bridge: str, without: Collection[str] = (), each: int = 8) -> list[Head]:
        """The conversations that have something to send to a platform, longest waiting first.

        Of each chat, and each department that has no thread yet, ``each`` at the most: so many that wait for
        one chat do not hide another's. ``without`` are passed over.
        """
        asked = {"bridge": bridge, "without": list(without), "each": each}
        rows = await self._rows(HEADS, asked)
        return [Head(row.conversation_id, row.chat, row.department, int(row.backlog)) for row in rows]

    async def pauses(self, bridge: str) -> list[Pause]:
        """The pauses that a platform asked for and that were going on when they were written down."""
        query = (
            select(
                _THREADS.c.chat, _CONVERSATIONS.c.department, _DELIVERIES.c.due_at, _DELIVERIES.c.updated_at
            )
            .join(_CONVERSATIONS, _CONVERSATIONS.c.id == _DELIVERIES.c.conversation_id)
            .outerjoin(
                _THREADS,
                (_THREADS.c.conversation_id == _DELIVERIES.c.conversation_id) & (_THREADS.c.bridge == bridge),
            )
            .where(
                _DELIVERIES.c.bridge == bridge,
                _DELIVERIES.c.state.in_(UNFINISHED),
                _DELIVERIES.c.due_at > _DELIVERIES.c.updated_at,
            )
        )
        return [
            Pause(row.chat, row.department, row.due_at, row.due_at - row.updated_at)
            for row in await self._rows(query)
        ]

    async def waiting_deliveries(self, conversation_id: str, bridge: str, limit: int = 50) -> list[Delivery]:
        """What a conversation still has to send to a platform, in sending order."""
        values = {"conversation": conversation_id, "bridge": bridge, "limit": limit}
        return await self._all(questions.WAITING_DELIVERIES, values)

    async def delivery_states(self, conversation_id: str) -> dict[int, set[str]]:
        """How far the citizen's messages are: by their number, the states of their deliveries."""
        rows = await self._rows(questions.DELIVERY_STATES, {"conversation": conversation_id})
        states: dict[int, set[str]] = {}
        for seq, state in rows:
            states.setdefault(seq, set()).update({state} if state else ())
        return states

    async def unread(self, conversation_id: str) -> list[Unread]:
        """What operators wrote to the citizen and no page of theirs has, with where they wrote it."""
        return [Unread.of(row) for row in await self._rows(UNREAD_IN, {"conversation": conversation_id})]

    async def unread_since(self, moment: int) -> dict[str, int]:
        """The chats in which operators wrote something since ``moment`` that no page has; the first of it."""
        return {row.conversation_id: row.seq for row in await self._rows(unread_since(moment))}

    async def last_answer(self, conversation_id: str) -> int:
        """The number of the last thing that an operator did in a conversation; 0 if none ever did."""
        rows = await self._rows(questions.LAST_ANSWER, {"conversation": conversation_id})
        return rows[0][0] or 0

    async def operators(self) -> list[str]:
        """The names of the operators who did something lately, in any conversation."""
        lately = (
            select(_ENTRIES.c.name)
            .where(BY_OPERATORS, _ENTRIES.c.name.is_not(None))
            .order_by(_ENTRIES.c.id.desc())
            .limit(_LATELY)
            .subquery()
        )
        return [row.name for row in await self._rows(select(lately.c.name).distinct())]

    async def delivery_counts(self) -> dict[tuple[str, str], int]:
        """How many deliveries each bridge has in each unfinished or failed state."""
        query = (
            select(col(Delivery.bridge), col(Delivery.state), func.count())
            .where(col(Delivery.state).in_((*UNFINISHED, DeliveryState.FAILED)))
            .group_by(col(Delivery.bridge), col(Delivery.state))
        )
        return {(bridge, state): count for bridge, state, count in await self._rows(query)}

    async def oldest_waiting(self) -> dict[str, int]:
        """Since when the longest waiting delivery of each bridge waits, in milliseconds since 1970 UTC."""
        query = (
            select(_DELIVERIES.c.bridge, func.min(_DELIVERIES.c.created_at))
            .where(_DELIVERIES.c.state.in_(UNFINISHED))
            .group_by(_DELIVERIES.c.bridge)
        )
        return dict(await self._rows(query))

    async def callback(self, reference: str) -> Callback | None:
        """A callback by the reference the citizen was given."""
        return await self._one(select(Callback).where(col(Callback.reference) == reference))

    async def callback_of(self, conversation_id: str) -> Callback | None:
        """The callback that a conversation of that kind carries."""
        return await self._one(select(Callback).where(col(Callback.conversation_id) == conversation_id))

    async def callbacks(self, *, open_only: bool, limit: int) -> list[tuple[Callback, Conversation]]:
        """Callbacks with their conversations: open ones the oldest first, else all, the newest first."""
        query = select(Callback, Conversation).join(
            Conversation, col(Conversation.id) == col(Callback.conversation_id)
        )
        if open_only:
            query = query.where(col(Conversation.state) != State.CLOSED).order_by(
                col(Conversation.created_at)
            )
        else:
            query = query.order_by(col(Conversation.created_at).desc())
        return [(row[0], row[1]) for row in await self._whole(query.limit(limit))]

    async def file(self, conversation_id: str, seq: int) -> StoredFile | None:
        """The file that came with an entry."""
        return await self._one(
            select(StoredFile).where(
                col(StoredFile.conversation_id) == conversation_id, col(StoredFile.seq) == seq
            )
        )

    async def file_keys(self) -> set[str]:
        """The keys of all files there are."""
        return {row.key for row in await self._rows(select(col(StoredFile.key)))}

    async def blocks(self, at: int) -> list[Block]:
        """The addresses that are still blocked at a moment."""
        return await self._all(select(Block).where(col(Block.until) > at))

    async def is_ended(self, session_id: str) -> bool:
        """Whether a session of the desk was ended."""
        return bool(await self._rows(questions.ENDED, {"id": session_id}))

    async def presence(self) -> list[Presence]:
        """What operators said of being there."""
        return await self._all(select(Presence))

    async def vacancy(self) -> Vacancy | None:
        """That nobody is there, where operators were told so and nobody was seen since."""
        return await self._one(select(Vacancy))

    async def switch(self) -> Switch | None:
        """The operators' word on whether the office is there, if any was given."""
        return await self._one(select(Switch))

    async def _one(self, query: Select[T], values: dict[str, Any] | None = None) -> T | None:
        rows = await self._all(query, values)
        return rows[0] if rows else None

    async def _all(self, query: Select[T], values: dict[str, Any] | None = None) -> list[T]:
        return [row[0] for row in await self._whole(query, values)]

    async def _whole(self, query: Any, values: dict[str, Any] | None = None) -> Sequence[Any]:
        """Rows that hold whole objects."""

        async def read() -> Sequence[Any]:
            async with AsyncSession(self._engine, expire_on_commit=False) as session:
                return (await session.execute(query, values)).all()

        return await self._in_turn(read)

    async def _rows(self, query: Any, values: dict[str, Any] | None = None) -> Sequence[Any]:
        async def read() -> Sequence[Any]:
            async with self._engine.connect() as connection:
                return (await connection.execute(query, values)).all()

        return await self._in_turn(read)

    async def _in_turn(self, read: Callable[[], Coroutine[Any, Any, Sequence[Any]]]) -> Sequence[Any]:
        """Read when it is its turn; a read that has begun goes on to its end, also where nobody waits any more.

        A connection whose read is cancelled, and whose end is cancelled with it, leaves a task behind that waits
        for ever, and the program with it (SQLAlchemy's ``terminate`` on aiosqlite).
        """
        await self._turns.acquire()
        if self._closed:
            self._turns.release()
            raise StorageError(InterruptedError("it is being closed"))
        reading = asyncio.create_task(read())
        self._reading.add(reading)
        reading.add_done_callback(self._has_read)
        try:
            return await asyncio.shield(reading)
        except (DBAPIError, PoolTimeout, OSError) as error:
            raise StorageError(getattr(error, "orig", None) or error) from error

    def _has_read(self, reading: "asyncio.Task[Sequence[Any]]") -> None:
        self._reading.discard(reading)
        self._turns.release()


def _of_open(query: Any, threads: Any, bridge: str) -> Any:
    """Of a table of threads, those of open conversations."""
    return (
        query.join(Conversation, col(Conversation.id) == col(threads.conversation_id))
        .where(col(threads.bridge) == bridge, *_IS_OPEN)
        .order_by(col(Conversation.updated_at).desc())
    )
