"""What a conversation's next post on a platform is: one entry, or the messages of a backlog in one."""

from collections.abc import Sequence
from dataclasses import replace

from models.journal import Record
from models.store import Store
from models.tables import COPY, Delivery, DeliveryState, What
from routing.bridge import ConversationInfo, Place, Post

JOIN_AFTER = 3_000
"""Milliseconds a message must have waited before others may be joined to it: less is no backlog."""
JOIN_UP_TO = 2_500
"""Characters in a joined post: always one message on either platform, so that it is whole or not there."""
UNSURE = (DeliveryState.UNKNOWN, DeliveryState.SENDING)
"""States of which nobody knows whether the platform has it. ``sending`` is one: who sends, holds the lane."""
_AHEAD = 60
"""Entries looked at for joining."""


def joinable(first: Record, following: Sequence[Record], now: int) -> int:
    """How many of ``following`` may go into one post with ``first``: a backlog's messages, in order."""
    if first.kind != What.MESSAGE or now - first.created_at < JOIN_AFTER:
        return 0
    size = len(first.text)
    for position, record in enumerate(following):
        size += len(record.text) + 20
        if record.kind != What.MESSAGE or size > JOIN_UP_TO:
            return position
    return len(following)


async def next_post(
    store: Store,
    bridge: str,
    info: ConversationInfo,
    waiting: list[Delivery],
    place: Place | None,
    chat: str,
    *,
    now: int,
    alone: bool,
) -> tuple[list[Delivery], Post | None]:
    """The post that ``waiting`` begins with, and the deliveries it fulfils; no post if its entry is gone.

    ``alone``: join nothing, the messages were refused together.
    """
    first = waiting[0]
    records = {r.seq: r for r in await store.entries(info.id, after=first.seq - 1, limit=_AHEAD)}
    if first.seq not in records:
        return [first], None
    group = [first]
    known = [delivery for delivery in waiting[1:] if delivery.seq in records]
    if first.state in UNSURE:  # the same as was tried, that it may be found
        group += [d for d in known if d.joined_to is not None and d.joined_to == first.joined_to]
    elif not alone:
        following = [records[delivery.seq] for delivery in known]
        group += known[: joinable(records[first.seq], following, now)]
    entries = tuple(records[delivery.seq] for delivery in group)
    entry = entries[0]
    shown: tuple[str, ...] = ()
    target = None
    if entry.target is not None:
        remote = await store.remote_messages(info.id, entry.target, bridge)
        shown = tuple(message.message for message in remote)
        target = await store.entry(info.id, entry.target)
    here = place.chat if place else chat
    there = await store.remote_messages(info.id, entry.seq, bridge)
    done = [message for message in there if message.chat == here and message.part < COPY]
    return group, Post(
        key=f"{info.id}.{entry.seq}",
        conversation=info,
        entries=entries,
        chat=chat,
        place=place,
        shown=shown,
        target=target,
        parts_done=len(done),
    )


def elsewhere(post: Post, chat: str) -> Post:
    """The same, where its thread is gone: in a new one in ``chat``, from its first part on."""
    return replace(post, chat=chat, place=None, shown=(), parts_done=0)


def maybe_repeated(post: Post) -> Post:
    """The same, saying that it may be there already."""
    return replace(post, maybe_repeated=True)
