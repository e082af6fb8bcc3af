"""What of a conversation stands in which message on Slack, and what its entries have become since."""

from bridges.slack.ids import NAME
from bridges.slack.render import Words, edited
from models.journal import Record
from models.tables import What
from routing.hub import Hub

_NEAR = 60
"""Entries to either side among which those of one joined post are looked for: the outbox joins at most 50."""


async def messages_of(hub: Hub, conversation_id: str, seq: int, chat: str) -> tuple[str, ...]:
    """The messages in ``chat`` that show an entry, by part."""
    rows = await hub.store.remote_messages(conversation_id, seq, NAME)
    return tuple(row.message for row in rows if row.chat == chat)


async def sharing(hub: Hub, target: Record, chat: str, messages: tuple[str, ...]) -> list[Record]:
    """The entries that stand in the same messages as ``target``, itself included, in order."""
    start = max(0, target.seq - 1 - _NEAR)
    near = await hub.store.entries(target.conversation_id, after=start, limit=2 * _NEAR)
    group = []
    for record in near:
        if record.seq == target.seq:
            group.append(target)
        elif await messages_of(hub, record.conversation_id, record.seq, chat) == messages:
            group.append(record)
    return group


async def as_of(hub: Hub, group: list[Record], words: Words) -> tuple[list[Record], set[int]]:
    """The entries with what edits and deletions made of them; which are deleted."""
    by_seq = {record.seq: record for record in group}
    deleted: set[int] = set()
    for change in await hub.store.entries(group[0].conversation_id, after=group[0].seq):
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
