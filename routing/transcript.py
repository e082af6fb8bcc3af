"""A conversation as the citizen may keep it: edits applied, deleted messages left out, nothing internal."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from models.journal import Record
from models.tables import What
from routing.core import Core
from texts import Words
from texts.hours import day_and_clock

_LINES = (What.MESSAGE, What.FILE, What.OPERATOR, What.CLOSED)


@dataclass(frozen=True, slots=True)
class Said:
    """One line of it."""

    seq: int
    kind: str
    author: str
    name: str | None
    text: str
    edited: bool
    created_at: datetime


def _words_of(record: Record, text: str) -> str:
    """A file is told by its name, with what was written to it."""
    name = record.data.get("name", "") if record.kind == What.FILE else ""
    return " – ".join(filter(None, (name, text)))


def moment(milliseconds: int) -> datetime:
    """A stored moment as a datetime in UTC."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def _current_texts(records: list[Record]) -> tuple[dict[int, str], set[int]]:
    """The newest text of each edited message, and the numbers of the deleted ones."""
    edited = {r.target: r.text for r in records if r.kind == What.EDITED and r.target is not None}
    deleted = {r.target for r in records if r.kind == What.DELETED and r.target is not None}
    return edited, deleted


def said_in(hub: Core, records: list[Record]) -> list[Said]:
    """What these entries of a conversation say to its citizen."""
    edited, deleted = _current_texts(records)
    return [
        Said(
            seq=record.seq,
            kind=record.kind,
            author=record.author,
            name=hub.shown_name(record),
            text=_words_of(record, edited.get(record.seq, record.text)),
            edited=record.seq in edited,
            created_at=moment(record.created_at),
        )
        for record in records
        if record.kind in _LINES and record.seq not in deleted
    ]


def as_text(hub: Core, said: Iterable[Said], words: Words) -> str:
    """The same to read, in the reader's language: a line a message, times in the office's time zone."""
    office = hub.settings.office
    zone = ZoneInfo(office.timezone)
    authors = {"visitor": words("you"), "operator": words("live_office"), "system": office.name}
    lines = [office.name, ""]
    for line in said:
        when = day_and_clock(words.language, line.created_at.astimezone(zone))
        mark = {"operator": "→", "closed": "■", "file": "📎"}.get(line.kind, "")
        lines.append(f"[{when}] {line.name or authors[line.author]}: {mark} {line.text}".rstrip())
    return "\n".join(lines) + "\n"
