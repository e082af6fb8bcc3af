"""Which conversations have something to send to a platform: what an outbox asks after each post, made once."""

from typing import Any, NamedTuple

from sqlalchemy import Select, bindparam, func, select

from models.tables import UNFINISHED, Conversation, Delivery, Thread

_DELIVERIES = Delivery.__table__  # type: ignore[attr-defined]
_THREADS = Thread.__table__  # type: ignore[attr-defined]
_CONVERSATIONS = Conversation.__table__  # type: ignore[attr-defined]


class Head(NamedTuple):
    """A conversation with something to send; ``chat`` is None where it has no thread on the platform yet."""

    conversation_id: str
    chat: str | None
    department: str | None
    backlog: int
    """How many deliveries wait for the platform, without those of the conversations that are passed over."""


def _heads() -> Select[Any]:
    """The first delivery of each conversation that has something to send to a platform, some of each chat."""
    first = (
        select(
            func.min(_DELIVERIES.c.id).label("id"),
            _DELIVERIES.c.conversation_id,
            func.count().label("waiting"),
        )
        .where(
            _DELIVERIES.c.bridge == bindparam("bridge"),
            _DELIVERIES.c.state.in_(UNFINISHED),
            _DELIVERIES.c.conversation_id.not_in(bindparam("without", expanding=True)),
        )
        .group_by(_DELIVERIES.c.conversation_id)
        .subquery()
    )
    place = func.row_number().over(
        partition_by=(_THREADS.c.chat, _CONVERSATIONS.c.department), order_by=first.c.id
    )
    heads = (
        select(
            first.c.id,
            first.c.conversation_id,
            _THREADS.c.chat,
            _CONVERSATIONS.c.department,
            place.label("place"),
            func.sum(first.c.waiting).over().label("backlog"),
        )
        .join(_CONVERSATIONS, _CONVERSATIONS.c.id == first.c.conversation_id)
        .outerjoin(
            _THREADS,
            (_THREADS.c.conversation_id == first.c.conversation_id)
            & (_THREADS.c.bridge == bindparam("bridge")),
        )
        .subquery()
    )
    return select(heads).where(heads.c.place <= bindparam("each")).order_by(heads.c.id)


HEADS = _heads()
"""Of each chat, and each department without a thread, ``each`` at most; with ``bridge``, ``without`` (ids)."""
