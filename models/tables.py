"""The tables: conversations, the journal's entries, deliveries, and where each lives on the platforms.

Moments are whole milliseconds since 1970-01-01 UTC: the same on SQLite and PostgreSQL, and sortable.
"""

import time
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ColumnElement,
    Computed,
    ForeignKey,
    Index,
    Integer,
    UniqueConstraint,
    and_,
    literal_column,
)
from sqlmodel import Field, SQLModel

# SQLite gives row numbers on its own only to a plain INTEGER key; PostgreSQL wants BIGINT for the same.
RowNumber = BigInteger().with_variant(Integer, "sqlite")


def now_ms() -> int:
    """This moment, in milliseconds since 1970 UTC."""
    return time.time_ns() // 1_000_000


class Kind(StrEnum):
    """What a conversation is."""

    CHAT = "chat"
    CALLBACK = "callback"
    OFFICE = "office"
    """The office's own notices to its operators (opening, closing, faults); never a citizen's."""
    WITHDRAWAL = "withdrawal"
    """What is left of an erased conversation until the platforms show it no more: the numbers of messages."""


class State(StrEnum):
    """Where a conversation stands."""

    WAITING = "waiting"
    ACTIVE = "active"
    CLOSED = "closed"


class What(StrEnum):
    """What one entry of the journal says happened."""

    MESSAGE = "message"
    EDITED = "edited"
    DELETED = "deleted"
    FILE = "file"
    OPERATOR = "operator"
    CLOSED = "closed"
    REOPENED = "reopened"
    RATING = "rating"
    CALLBACK = "callback"
    TRIED = "tried"
    """Somebody called back and got no answer."""
    PASSED = "passed"
    BLOCKED = "blocked"
    UNBLOCKED = "unblocked"
    REACTION = "reaction"
    """An operator put an emoji on a citizen's message, or took it away; ``data`` has what is shown there now."""
    NOTE = "note"
    ANSWER = "answer"
    """The hub's answer to an operator's command; only that operator's platform shows it."""
    TRANSCRIPT = "transcript"
    """The citizen wants the conversation by e-mail; ``data`` says where, and nobody else is shown it."""
    WITHDRAWN = "withdrawn"
    """A conversation was erased: its posts in one chat of a platform are to be taken away (``routing.withdrawing``)."""


class Author(StrEnum):
    """Who an entry comes from, as the citizen is told."""

    VISITOR = "visitor"
    OPERATOR = "operator"
    SYSTEM = "system"


class DeliveryState(StrEnum):
    """How far a delivery is. ``unknown``: it was being sent when the answer, or we, got lost."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    UNKNOWN = "unknown"
    FAILED = "failed"


UNFINISHED = (DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.UNKNOWN)
"""States of a delivery that is still to be looked after."""
FINISHED = (DeliveryState.SENT, DeliveryState.FAILED)
"""All others. Whoever looks for unfinished ones by something else than their state says "not in" these: for "in" the
others SQLite takes the index on states, and reads the whole backlog."""

OFFICE_ID = "office"
"""The one conversation of kind ``office``."""


_HOUR = 3_600_000
"""In milliseconds."""


class Conversation(SQLModel, table=True):
    """One citizen's conversation (or callback), with what operators see at a glance."""

    __tablename__ = "conversation"
    __table_args__ = (
        Column("updated_hour", BigInteger, Computed(f"updated_at / {_HOUR}", persisted=True)),
        Index("conversation_by_state", "kind", "state", "updated_hour"),
    )
    """With ``updated_at`` itself in an index, each message would put a row into every index of PostgreSQL's table; so
    it changes none (PostgreSQL documentation, "Heap-Only Tuples")."""
    __mapper_args__ = {"exclude_properties": ["updated_hour"]}

    id: str = Field(primary_key=True, max_length=32)
    kind: str = Field(default=Kind.CHAT, max_length=16)
    state: str = Field(default=State.WAITING, max_length=16)
    token_hash: str = Field(default="", max_length=64)
    """SHA-256 of the bearer token, in hex; the token itself is never stored."""
    client_key: str | None = Field(default=None, unique=True, max_length=96)
    """The ``client_id`` it was started with, under its kind: a second start finds the first."""
    name: str | None = Field(default=None, max_length=100)
    department: str | None = Field(default=None, max_length=100)
    page: str | None = Field(default=None, max_length=2000)
    page_title: str | None = Field(default=None, max_length=200)
    lang: str = Field(default="it", max_length=16)
    taken_by: str | None = Field(default=None, max_length=100)
    agreed_text: str | None = None
    """SHA-256 of the first message: with ``client_key`` it proves that a repeated start is the same one."""
    blocked: bool = False
    blocked_until: int | None = Field(default=None, sa_type=BigInteger)
    """When the block ends; None, where there is one: never."""
    address_mark: str | None = Field(default=None, max_length=64)
    """A salted hash of the address it was started from (`routing.blocking`); the address itself is never stored."""
    browser_mark: str | None = Field(default=None, max_length=64, index=True)
    """A salted hash of a key that the browser made, where the citizen agreed to be known again by it."""
    reminded: bool = False
    """Operators and citizen were told that nobody answers yet."""
    last_seq: int = 0
    had_seq: int = 0
    """``seq`` of the newest of operators' messages that the citizen's page has, or a letter carried."""
    created_at: int = Field(default_factory=now_ms, sa_type=BigInteger)
    updated_at: int = Field(default_factory=now_ms, sa_type=BigInteger)
    closed_at: int | None = Field(default=None, sa_type=BigInteger)


_CONVERSATIONS = Conversation.__table__  # type: ignore[attr-defined]


def changed_since(moment: int) -> ColumnElement[bool]:
    """Of conversations, those in which something has happened since then, by the hour that the index knows."""
    return and_(_CONVERSATIONS.c.updated_hour >= moment // _HOUR, _CONVERSATIONS.c.updated_at >= moment)


def touched_since(moment: int, *kinds: Kind) -> ColumnElement[bool]:
    """The same of some kinds, whatever their state: the index begins with both."""
    return and_(
        _CONVERSATIONS.c.kind.in_(kinds), _CONVERSATIONS.c.state.in_(list(State)), changed_since(moment)
    )


def unchanged_since(moment: int) -> ColumnElement[bool]:
    """Of conversations, those in which nothing has happened since then."""
    return and_(_CONVERSATIONS.c.updated_hour <= moment // _HOUR, _CONVERSATIONS.c.updated_at < moment)


class Entry(SQLModel, table=True):
    """One row of the journal. ``seq`` counts from 1 within its conversation, without gaps."""

    __tablename__ = "entry"
    __table_args__ = (
        UniqueConstraint("conversation_id", "seq"),
        UniqueConstraint("origin", "origin_key"),
    )

    id: int | None = Field(default=None, sa_column=Column(RowNumber, primary_key=True, autoincrement=True))
    conversation_id: str = Field(foreign_key="conversation.id", ondelete="CASCADE", max_length=32)
    seq: int
    kind: str = Field(max_length=16)
    origin: str = Field(max_length=16)
    origin_key: str = Field(max_length=200)
    author: str = Field(max_length=16)
    name: str | None = Field(default=None, max_length=100)
    text: str = ""
    target: int | None = None
    """The ``seq`` that an edit or a deletion is about."""
    data: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    created_at: int = Field(default_factory=now_ms, sa_type=BigInteger)


_ENTRIES = Entry.__table__  # type: ignore[attr-defined]
BY_OPERATORS: ColumnElement[bool] = _ENTRIES.c.author == literal_column(f"'{Author.OPERATOR}'")
"""Of entries, those that operators wrote. With a value in the place of the word PostgreSQL, once it has planned for any
value, does not take the index of them."""
Index(
    "entry_by_operators", _ENTRIES.c.conversation_id, _ENTRIES.c.seq,
    sqlite_where=BY_OPERATORS, postgresql_where=BY_OPERATORS,
)  # fmt: skip


class Delivery(SQLModel, table=True):
    """One entry on its way to one platform. ``id`` order within a conversation is sending order.

    A conversation's are found by its entries: their numbers rise with the deliveries' own, and an index in rising
    order costs a message far less than one by conversation.
    """

    __tablename__ = "delivery"
    __table_args__ = (Index("delivery_by_state", "state", "bridge", "id"),)
    """State first: what is sent, nearly all of it after a year, is never looked at."""

    id: int | None = Field(default=None, sa_column=Column(RowNumber, primary_key=True, autoincrement=True))
    conversation_id: str = Field(max_length=32)
    seq: int
    bridge: str = Field(max_length=16)
    state: str = Field(default=DeliveryState.QUEUED, max_length=16)
    attempts: int = 0
    due_at: int = Field(default=0, sa_type=BigInteger)
    joined_to: int | None = None
    """``seq`` of the first entry of the post that carries this one, once it is being sent."""
    error: str | None = None
    created_at: int = Field(default_factory=now_ms, sa_type=BigInteger)
    updated_at: int = Field(default_factory=now_ms, sa_type=BigInteger)
    entry_id: int = Field(
        sa_column=Column(RowNumber, ForeignKey("entry.id", ondelete="CASCADE"), nullable=False, index=True)
    )


class Thread(SQLModel, table=True):
    """Where a conversation lives on a platform: a Slack thread, a Telegram topic or reply chain."""

    __tablename__ = "thread"
    __table_args__ = (UniqueConstraint("bridge", "chat", "thread"),)

    conversation_id: str = Field(
        foreign_key="conversation.id", ondelete="CASCADE", primary_key=True, max_length=32
    )
    bridge: str = Field(primary_key=True, max_length=16)
    chat: str = Field(max_length=64)
    thread: str = Field(max_length=64)
    last_seen: str = Field(default="", max_length=64)
    """The newest message of operators read from it, in the platform's own order (Slack: ``ts``)."""
    opened_as: str = Field(default="", max_length=64)
    """The account that opened it (``Bridge.identity``); empty where that is not known."""


class FormerThread(SQLModel, table=True):
    """A thread that a conversation has left for another one: what operators write there still counts."""

    __tablename__ = "former_thread"

    bridge: str = Field(primary_key=True, max_length=16)
    chat: str = Field(primary_key=True, max_length=64)
    thread: str = Field(primary_key=True, max_length=64)
    conversation_id: str = Field(foreign_key="conversation.id", ondelete="CASCADE", index=True, max_length=32)
    last_seen: str = Field(default="", max_length=64)
    """As in ``Thread``, when it was left."""


BY_HAND = -1
"""The ``part`` of a message that an operator wrote: it shows its entry by nobody's doing but theirs."""

COPY = 1_000
"""Added to the ``part`` of a message that shows what another one shows already: two leaders, one after the other, have
posted it. It is behind all parts, and what is done with those that are too many is done with it."""


class RemoteMessage(SQLModel, table=True):
    """One message on a platform and the journal entry it shows or came from."""

    __tablename__ = "remote_message"
    __table_args__ = (Index("remote_message_by_entry", "conversation_id", "seq", "bridge"),)

    bridge: str = Field(primary_key=True, max_length=16)
    chat: str = Field(primary_key=True, max_length=64)
    message: str = Field(primary_key=True, max_length=64)
    conversation_id: str = Field(foreign_key="conversation.id", ondelete="CASCADE", max_length=32)
    seq: int = Field(primary_key=True)
    part: int = 0
    """Which piece of the entry it shows, from 0, where one entry became several; ``BY_HAND``; or past ``COPY``."""


class Callback(SQLModel, table=True):
    """A message left while nobody was there, and how to reach who left it."""

    __tablename__ = "callback"

    reference: str = Field(primary_key=True, max_length=16)
    conversation_id: str = Field(
        foreign_key="conversation.id", ondelete="CASCADE", unique=True, max_length=32
    )
    name: str = Field(max_length=100)
    email: str | None = Field(default=None, max_length=254)
    phone: str | None = Field(default=None, max_length=40)
    consent_at: int = Field(sa_type=BigInteger)
    tries: int = 0
    """How often somebody called back and got no answer."""


class StoredFile(SQLModel, table=True):
    """A file of a conversation; its bytes lie in the data folder under ``key``."""

    __tablename__ = "file"

    key: str = Field(primary_key=True, max_length=64)
    conversation_id: str = Field(foreign_key="conversation.id", ondelete="CASCADE", index=True, max_length=32)
    seq: int
    name: str = Field(max_length=255)
    type: str = Field(max_length=100)
    size: int


class Block(SQLModel, table=True):
    """An address from which nothing is taken for a while, by its mark."""

    __tablename__ = "block"

    mark: str = Field(primary_key=True, max_length=64)
    until: int = Field(sa_type=BigInteger)
    by: str = Field(max_length=100)


class Switch(SQLModel, table=True):
    """An operator's word that overrides the office hours for a while."""

    __tablename__ = "switch"

    id: int = Field(default=1, primary_key=True)
    open: bool
    until: int | None = Field(default=None, sa_type=BigInteger)
    by: str = Field(max_length=100)
    set_at: int = Field(default_factory=now_ms, sa_type=BigInteger)


class HubRow(SQLModel, table=True):
    """One of several hubs on one PostgreSQL, and what it says of itself every few seconds (`models.hubs`)."""

    __tablename__ = "hub"

    id: str = Field(primary_key=True, max_length=32)
    role: str = Field(max_length=16)
    key_digest: str = Field(max_length=64)
    """SHA-256 of what its key makes of a word: hubs with different keys would not know each other's citizens."""
    desk_link: str | None = Field(default=None, max_length=64)
    """SHA-256 of its desk's one-time key, while nobody has used it."""
    desks: int = 0
    """How many desks are open on it."""
    report: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    """What its bridges are like, while it leads."""
    seen_at: int = Field(sa_type=BigInteger)
    """By the database's clock, which is the same for all of them."""


class Leadership(SQLModel, table=True):
    """Which of several hubs leads: talks to the platforms, delivers, and keeps the hours. One row."""

    __tablename__ = "leadership"

    id: int = Field(default=1, primary_key=True)
    term: int = Field(sa_type=BigInteger)
    """Counts the changes of leader: who was replaced without knowing finds a higher one."""
    hub_id: str = Field(max_length=32)


class EndedSession(SQLModel, table=True):
    """A session of the desk that was ended: a copy of its cookie is worth nothing, on any hub."""

    __tablename__ = "ended_session"

    id: str = Field(primary_key=True, max_length=32)
    ended_at: int = Field(sa_type=BigInteger)


class Presence(SQLModel, table=True):
    """What an operator said of being there (``here``), by the name that colleagues see."""

    __tablename__ = "presence"

    name: str = Field(primary_key=True, max_length=100)
    until: int = Field(sa_type=BigInteger)
    away_until: int = Field(default=0, sa_type=BigInteger)
    """Away for a moment until then; 0 for not at all."""
    said_at: int = Field(sa_type=BigInteger)


class Vacancy(SQLModel, table=True):
    """Operators were told that nobody is there, and nobody was seen since. At most one row."""

    __tablename__ = "vacancy"

    id: int = Field(default=1, primary_key=True)
    since: int = Field(sa_type=BigInteger)
