"""What of a conversation is on Telegram already, asked of the hub's record: bots cannot read chats back."""

from bridges.telegram.ids import NAME, Chain, Topic
from bridges.telegram.render import Words, edited
from models.journal import Record
from models.tables import What
from routing.hub import Hub

_NEAR = 60
"""Entries to either side among which those of one joined post are looked for: the outbox joins at most 50."""
_WRITTEN_THERE = (What.MESSAGE, What.FILE, What.NOTE)


async def messages_of(hub: Hub, conversation_id: str, seq: int, chat: str) -> tuple[int, ...]:
    """The messages in ``chat`` that show an entry, by part; none that a chat had under an earlier id."""
    rows = await hub.store.remote_messages(conversation_id, seq, NAME)
    return tuple(int(row.message) for row in rows if row.chat == chat)


async def is_headed(hub: Hub, conversation_id: str, seq: int, chat: str, thread: Topic | Chain) -> bool:
    """Whether the post that begins with entry ``seq`` is the thread's first, the one with the heading."""
    if isinstance(thread, Chain):
        return thread.root in await messages_of(hub, conversation_id, seq, chat)
    before = await hub.store.entries(conversation_id, after=max(0, seq - 1 - _NEAR), limit=_NEAR)
    for record in reversed([record for record in before if record.seq < seq]):
        if _is_ours(record):
            messages = await messages_of(hub, conversation_id, record.seq, chat)
            if messages:
                # Numbers grow: what is older than the topic was shown in one that is gone.
                return max(messages) < thread.id
    return seq <= _NEAR + 1


async def sharing(hub: Hub, target: Record, chat: str, messages: tuple[int, ...]) -> list[Record]:
    """The entries that stand in the same messages as ``target``, itself included, in order."""
    start = max(0, target.seq - 1 - _NEAR)
    near = await hub.store.entries(target.conversation_id, after=start, limit=2 * _NEAR)
    earlier = [record for record in reversed(near) if record.seq < target.seq]
    later = [record for record in near if record.seq > target.seq]
    group = [target]
    for side in (earlier, later):
        for record in side:
            theirs = await messages_of(hub, target.conversation_id, record.seq, chat)
            if theirs == messages:
                group.append(record)
            elif theirs:
                break
    return sorted(group, key=lambda record: record.seq)


async def as_of(
    hub: Hub, group: list[Record], now: int | None, words: Words
) -> tuple[list[Record], set[int]]:
    """The entries with what edits and deletions (up to entry ``now``) made of them; which are deleted."""
    by_seq = {record.seq: record for record in group}
    deleted: set[int] = set()
    for change in await hub.store.entries(group[0].conversation_id, after=group[0].seq):
        if now is not None and change.seq > now:
            break
        if change.target is None or change.target not in by_seq:
            continue
        if change.kind == What.EDITED:
            text = edited(change.text, words)
        elif change.kind == What.DELETED:
            text = words.say("deleted_message")
            deleted.add(change.target)
        else:
            continue
        before = by_seq[change.target]
        data = {**before.data, "marks": change.data.get("marks")}
        by_seq[change.target] = before._replace(text=text, data=data)
    return list(by_seq.values()), deleted


def _is_ours(record: Record) -> bool:
    """Whether the bot showed it; what operators wrote on Telegram itself is there by their own hand."""
    return record.origin != NAME or record.kind not in _WRITTEN_THERE
