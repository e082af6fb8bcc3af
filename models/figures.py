"""What the digest counts: questions to the record, as ``Store`` asks them."""

from typing import Any, NamedTuple

from sqlalchemy import Select, func, select

from models.tables import BY_OPERATORS, Conversation, Entry, Kind, What, touched_since

_ENTRIES = Entry.__table__  # type: ignore[attr-defined]
_CONVERSATIONS = Conversation.__table__  # type: ignore[attr-defined]


class Beginning(NamedTuple):
    """When a chat began, and when an operator first answered in it (None: never)."""

    began: int
    answered: int | None


def beginnings(since: int, until: int) -> Select[Any]:
    """The chats that began after ``since``, up to ``until``; without those of blocked citizens."""
    answer = (
        select(func.min(_ENTRIES.c.created_at))
        .where(
            _ENTRIES.c.conversation_id == _CONVERSATIONS.c.id,
            BY_OPERATORS,
            _ENTRIES.c.kind.in_((What.MESSAGE, What.FILE)),
        )
        .scalar_subquery()
    )
    return select(_CONVERSATIONS.c.created_at, answer).where(
        touched_since(since, Kind.CHAT),
        _CONVERSATIONS.c.created_at > since,
        _CONVERSATIONS.c.created_at <= until,
        _CONVERSATIONS.c.blocked.is_(False),
    )


def said_between(kind: What, since: int, until: int) -> Select[Any]:
    """The data of the entries of a kind written after ``since``, up to ``until``, with whose they are."""
    return (
        select(_ENTRIES.c.conversation_id, _ENTRIES.c.data)
        .join(_CONVERSATIONS, _CONVERSATIONS.c.id == _ENTRIES.c.conversation_id)
        .where(
            touched_since(since, Kind.CHAT, Kind.CALLBACK),
            _ENTRIES.c.kind == kind,
            _ENTRIES.c.created_at > since,
            _ENTRIES.c.created_at <= until,
        )
        .order_by(_ENTRIES.c.id)
    )
