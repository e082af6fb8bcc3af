"""Journal entries as the lines a page's template shows: edits applied, deletions marked."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from markupsafe import Markup

from models.journal import Record
from models.tables import Author, What
from routing.core import Core
from routing.files import size_in_words
from routing.pictures import PICTURES
from routing.styled import Mark, marks_of, shifted
from web.rich import shown


@dataclass(frozen=True, slots=True)
class FileLink:
    """A file in a line: its name, its size in words, and where this page's reader can get it."""

    name: str
    size_text: str
    url: str
    preview: str | None
    """Where this reader can get a small picture of it; None where there is none."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a conversation (see ``templates/_message.html``)."""

    seq: int
    kind: str
    author: str
    name: str | None
    text: str
    created_at: datetime
    edited: bool
    deleted: bool
    file: FileLink | None
    reactions: tuple[str, ...] = ()
    """The emoji that operators put on it."""
    offer: bool = False
    """Whether the citizen is offered to leave contact details."""
    marks: tuple[Mark, ...] = ()

    @property
    def html(self) -> Markup:
        """The text as it is shown."""
        return shown(self.text, self.marks)


def lines_for_citizen(hub: Core, records: list[Record], file_url: str) -> list[Line]:
    """What the citizen's page shows; ``file_url`` is completed with a file's ``seq``."""
    kinds = (What.MESSAGE, What.FILE, What.OPERATOR)
    changes = _Changes.of(records)
    return [
        replace(
            _line(hub, r, changes, file_url, hub.shown_name(r)),
            offer=r.data.get("offer") == "callback",
        )
        for r in records
        if r.kind in kinds
    ]


def lines_for_operator(hub: Core, records: list[Record], file_url: str) -> list[Line]:
    """What the desk shows: also notes and the hub's answers, and operators' full names."""
    kinds = (What.MESSAGE, What.FILE, What.OPERATOR, What.NOTE, What.ANSWER, What.CALLBACK)
    changes = _Changes.of(records)
    return [_line(hub, r, changes, file_url, r.name) for r in records if r.kind in kinds]


@dataclass(frozen=True, slots=True)
class _Changes:
    """What became of entries: the newest edit of each, which are deleted, and what operators have put on them."""

    edited: dict[int, Record]
    deleted: set[int]
    reactions: dict[int | None, tuple[str, ...]]

    @classmethod
    def of(cls, records: list[Record]) -> "_Changes":
        edits = {r.target: r for r in records if r.kind == What.EDITED and r.target is not None}
        deleted = {r.target for r in records if r.kind == What.DELETED and r.target is not None}
        return cls(
            edits, deleted, {r.target: tuple(r.data["shown"]) for r in records if r.kind == What.REACTION}
        )


def _file(record: Record, url: str) -> FileLink:
    preview = f"{url}?preview=1" if record.data["type"] in PICTURES else None
    return FileLink(record.data["name"], size_in_words(record.data["size"]), url, preview)


def _line(hub: Core, record: Record, changes: _Changes, file_url: str, name: str | None) -> Line:
    zone = ZoneInfo(hub.settings.office.timezone)
    gone = record.seq in changes.deleted
    file = None
    if record.kind == What.FILE and not gone:
        file = _file(record, f"{file_url}{record.seq}")
    internal = record.kind in (What.NOTE, What.ANSWER)
    newest = changes.edited.get(record.seq, record)
    before = f"📝 {record.name}: " if record.kind == What.NOTE else ""
    marks = shifted(marks_of(newest.data, newest.text), -len(before))
    return Line(
        seq=record.seq,
        kind=What.OPERATOR if record.kind == What.OPERATOR else What.FILE if file else What.MESSAGE,
        author=Author.SYSTEM if internal else record.author,
        name=name,
        text="" if gone else before + newest.text,
        created_at=datetime.fromtimestamp(record.created_at / 1000, UTC).astimezone(zone),
        edited=record.seq in changes.edited,
        deleted=gone,
        file=file,
        marks=() if gone else marks,
        reactions=changes.reactions.get(record.seq, ()),
    )
