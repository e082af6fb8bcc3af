"""What was said in a conversation so far, in one text: for whoever has it from now on."""

from collections.abc import Collection, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from models.tables import Author, Entry, What
from routing.files import size_in_words
from routing.glance import moment
from routing.texts import say

_TOLD = (What.MESSAGE, What.FILE, What.NOTE, What.CALLBACK, What.PASSED)
MOST = 12_000
"""Characters of a story: two posts on Slack, four on Telegram, whose minute has twenty. The desk has all of it."""


def told_of(entries: Sequence[Entry]) -> list[Entry]:
    """The entries that operators are told of: what people said, not what the hub did."""
    return [entry for entry in entries if entry.kind in _TOLD and entry.author != Author.SYSTEM]


def story(
    entries: Sequence[Entry], without: Collection[int], office: str, language: str, zone: ZoneInfo
) -> str:
    """A line for each entry of a whole conversation, as it stands now; without the entries of these numbers."""
    changes = {e.target: e for e in entries if e.kind in (What.EDITED, What.DELETED)}
    lines = [
        _line(entry, changes.get(entry.seq), office, language, zone)
        for entry in told_of(entries)
        if entry.seq not in without and (entry.kind != What.PASSED or entry.text)
    ]
    kept: list[str] = []
    room = MOST
    for line in reversed(lines):
        room -= len(line) + 1
        if room < 0:
            kept.append(say(language, "story_cut"))
            break
        kept.append(line)
    return "\n".join(reversed(kept))


def _line(entry: Entry, change: Entry | None, office: str, language: str, zone: ZoneInfo) -> str:
    name = entry.name or (say(language, "anonymous") if entry.author == Author.VISITOR else office)
    said = entry.text
    if change is not None and change.kind == What.EDITED:
        said = f"{change.text} {say(language, 'edited_mark')}"
    if entry.kind == What.FILE:
        size = size_in_words(int(entry.data.get("size", 0)))
        said = f"{said} {say(language, 'file_line', name=entry.data.get('name', ''), size=size)}".strip()
    if change is not None and change.kind == What.DELETED:
        said = say(language, "deleted_message")
    if entry.kind == What.CALLBACK:
        said = " · ".join(filter(None, (*_reach(entry.data), said)))
    mark = "📝 " if entry.kind in (What.NOTE, What.PASSED) else ""
    return f"{moment(entry.created_at, zone)} {mark}{name}: {said}"


def _reach(data: dict[str, Any]) -> list[str]:
    return [str(data[key]) for key in ("reference", "phone", "email") if data.get(key)]
