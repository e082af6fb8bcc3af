"""What operators wrote that no page of the citizen's has: two questions to the record, as ``Store`` asks them."""

from typing import Any, NamedTuple

from sqlalchemy import Select, bindparam, func, select

from models.tables import Author, Conversation, Entry, Kind, RemoteMessage, What, touched_since

_ENTRIES = Entry.__table__  # type: ignore[attr-defined]
_CONVERSATIONS = Conversation.__table__  # type: ignore[attr-defined]
_REMOTE = RemoteMessage.__table__  # type: ignore[attr-defined]

_IS_UNREAD = (
    _ENTRIES.c.author == Author.OPERATOR,
    _ENTRIES.c.kind.in_((What.MESSAGE, What.FILE)),
    _ENTRIES.c.seq > _CONVERSATIONS.c.had_seq,
)


class Unread(NamedTuple):
    """A message of an operator's; ``chat`` and ``message`` say where they wrote it, None at the desk."""

    seq: int
    bridge: str
    created_at: int
    had_seq: int
    """How far the conversation was had."""
    chat: str | None
    message: str | None

    @classmethod
    def of(cls, row: Any) -> "Unread":
        """The message of a row of ``UNREAD_IN``."""
        return cls(row.seq, row.origin, row.created_at, row.had_seq, row.chat, row.message)


UNREAD_IN = (
    select(
        _ENTRIES.c.seq,
        _ENTRIES.c.origin,
        _ENTRIES.c.created_at,
        _CONVERSATIONS.c.had_seq,
        _REMOTE.c.chat,
        _REMOTE.c.message,
    )
    .join(_CONVERSATIONS, _CONVERSATIONS.c.id == _ENTRIES.c.conversation_id)
    .outerjoin(
        _REMOTE,
        (_REMOTE.c.conversation_id == _ENTRIES.c.conversation_id)
        & (_REMOTE.c.seq == _ENTRIES.c.seq)
        & (_REMOTE.c.bridge == _ENTRIES.c.origin),
    )
    .where(_ENTRIES.c.conversation_id == bindparam("conversation"), *_IS_UNREAD)
    .order_by(_ENTRIES.c.seq)
)
"""What is unread in a conversation, in order; made once, since each answer asks it."""


def unread_since(moment: int) -> Select[Any]:
    """The chats in which something was written since ``moment`` that is unread, with the first of it."""
    return (
        select(_ENTRIES.c.conversation_id, func.min(_ENTRIES.c.seq).label("seq"))
        .join(_CONVERSATIONS, _CONVERSATIONS.c.id == _ENTRIES.c.conversation_id)
        .where(
            touched_since(moment, Kind.CHAT),
            _ENTRIES.c.created_at >= moment,
            *_IS_UNREAD,
        )
        .group_by(_ENTRIES.c.conversation_id)
    )
