"""Questions that are asked with every message, answer and opened page, each made once.

To make one anew takes SQLAlchemy as long as all the rest of asking it. The values are given when it is asked, under
the names of its ``bindparam``.
"""

from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, bindparam, func, or_, select

from models.tables import (
    BY_OPERATORS,
    FINISHED,
    Author,
    Conversation,
    Delivery,
    EndedSession,
    Entry,
    RemoteMessage,
    Thread,
    What,
)

_ENTRIES = Entry.__table__  # type: ignore[attr-defined]
_DELIVERIES = Delivery.__table__  # type: ignore[attr-defined]
_CONVERSATIONS = Conversation.__table__  # type: ignore[attr-defined]
_THREADS = Thread.__table__  # type: ignore[attr-defined]
_REMOTE = RemoteMessage.__table__  # type: ignore[attr-defined]
_ENDED = EndedSession.__table__  # type: ignore[attr-defined]

ALL = 2**31 - 1
"""As many rows as there are, where a question has a ``limit``."""

CONVERSATION = select(Conversation).where(_CONVERSATIONS.c.id == bindparam("id"))
THREAD = select(Thread).where(
    _THREADS.c.conversation_id == bindparam("conversation"), _THREADS.c.bridge == bindparam("bridge")
)
THREAD_AT = select(Thread).where(
    _THREADS.c.bridge == bindparam("bridge"),
    _THREADS.c.chat == bindparam("chat"),
    _THREADS.c.thread == bindparam("thread"),
)
ENDED = select(_ENDED.c.id).where(_ENDED.c.id == bindparam("id"))

_OF_CONVERSATION: Select[Any] = select(_ENTRIES).where(
    _ENTRIES.c.conversation_id == bindparam("conversation")
)
ENTRIES = (
    _OF_CONVERSATION.where(_ENTRIES.c.seq > bindparam("after"))
    .order_by(_ENTRIES.c.seq)
    .limit(bindparam("limit"))
)
ENTRY = _OF_CONVERSATION.where(_ENTRIES.c.seq == bindparam("seq"))
ENTRY_BY_KEY: Select[Any] = select(_ENTRIES).where(
    _ENTRIES.c.origin == bindparam("origin"), _ENTRIES.c.origin_key == bindparam("key")
)
_IS_SAID = _ENTRIES.c.kind.in_((What.MESSAGE, What.FILE))


def first_unanswered(conversation: ColumnElement[Any]) -> ScalarSelect[Any]:
    """``seq`` of the first that the citizen said since an operator last did, in the conversation of this id."""
    answered = (
        select(func.coalesce(func.max(_ENTRIES.c.seq), 0))
        .where(_ENTRIES.c.conversation_id == conversation, BY_OPERATORS, _IS_SAID)
        .correlate_except(_ENTRIES)
        .scalar_subquery()
    )
    return (
        select(func.min(_ENTRIES.c.seq))
        .where(
            _ENTRIES.c.conversation_id == conversation,
            _ENTRIES.c.author == Author.VISITOR,
            _IS_SAID,
            _ENTRIES.c.seq > answered,
        )
        .correlate_except(_ENTRIES)
        .scalar_subquery()
    )


TURNS = _OF_CONVERSATION.where(
    or_(
        _ENTRIES.c.author != Author.VISITOR,
        ~_IS_SAID,
        _ENTRIES.c.seq == first_unanswered(bindparam("conversation")),
    )
).order_by(_ENTRIES.c.seq)
LAST_SAID = (
    _OF_CONVERSATION.where(
        _ENTRIES.c.author == Author.VISITOR, _ENTRIES.c.kind.in_((What.MESSAGE, What.CALLBACK))
    )
    .order_by(_ENTRIES.c.seq.desc())
    .limit(bindparam("limit"))
)
LAST_ANSWER = select(func.max(_ENTRIES.c.seq)).where(
    _ENTRIES.c.conversation_id == bindparam("conversation"), BY_OPERATORS
)

DELIVERY_STATES = (
    select(_ENTRIES.c.seq, _DELIVERIES.c.state)
    .outerjoin(_DELIVERIES, _DELIVERIES.c.entry_id == _ENTRIES.c.id)
    .where(
        _ENTRIES.c.conversation_id == bindparam("conversation"),
        _ENTRIES.c.author == Author.VISITOR,
        _IS_SAID,
    )
    .order_by(_ENTRIES.c.seq)
)
WAITING_DELIVERIES = (
    select(Delivery)
    .join(_ENTRIES, _ENTRIES.c.id == _DELIVERIES.c.entry_id)
    .where(
        _ENTRIES.c.conversation_id == bindparam("conversation"),
        _DELIVERIES.c.bridge == bindparam("bridge"),
        _DELIVERIES.c.state.not_in(FINISHED),
    )
    .order_by(_DELIVERIES.c.id)
    .limit(bindparam("limit"))
)
REMOTE_MESSAGE = (
    select(RemoteMessage)
    .where(
        _REMOTE.c.bridge == bindparam("bridge"),
        _REMOTE.c.chat == bindparam("chat"),
        _REMOTE.c.message == bindparam("message"),
    )
    .limit(1)
)


def deliveries_of(conversation_id: str) -> ColumnElement[bool]:
    """The condition that finds a conversation's deliveries, by its entries."""
    entries = select(_ENTRIES.c.id).where(_ENTRIES.c.conversation_id == conversation_id)
    found: ColumnElement[bool] = _DELIVERIES.c.entry_id.in_(entries)
    return found
