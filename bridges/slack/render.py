"""A journal entry as operators read it on Slack: pure functions of entry, language and time zone."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from bridges.slack.blocks import (
    SECTION_LIMIT,
    SECTIONS_IN_POST,
    Json,
    Link,
    answers,
    buttons,
    context,
    header,
    section,
)
from bridges.slack.format import cut, escape, one_line, split, unmarked
from bridges.slack.rich import rich_text
from models.journal import Record
from models.tables import Author, Kind, State, What
from routing.answers import suggested
from routing.bridge import ConversationInfo
from routing.files import size_in_words
from routing.glance import Glance
from routing.passing import passed_in_words
from routing.styled import marks_of
from routing.texts import say
from settings import Reply, Settings

_NAME = 100
_PAGE = 300
"""Characters of the page's address in the heading: enough to know it, without a form's endless query."""
_LINK = 1_000
"""Characters of an address that is made a link: with its title it has to fit into a remark."""
_FALLBACK = 39_000
"""Characters of a post's text beside its blocks; Slack cuts at 40,000."""


_ON_CHAT = ("take", "close", "pass")
_ON_CALLBACK = ("take", "done", "tried", "pass")


@dataclass(slots=True, frozen=True)
class TextPart:
    """A message of text: its blocks, and the same in one escaped text for notifications."""

    blocks: tuple[Json, ...]
    text: str


@dataclass(slots=True, frozen=True)
class FilePart:
    """A message that carries a file.

    ``comment`` stands with it, escaped; ``instead`` is shown where the file does not get through.
    """

    key: str
    name: str
    size: int
    comment: str
    instead: TextPart


Part = TextPart | FilePart


@dataclass(slots=True, frozen=True)
class Words:
    """How entries are put into words: operators' language, office's name and time zone, its departments."""

    language: str
    office: str
    zone: ZoneInfo
    departments: tuple[str, ...] = ()
    replies: tuple[Reply, ...] = ()
    desk: str = ""
    """The address of the desk, for what this platform does not take."""

    @classmethod
    def of(cls, settings: Settings) -> "Words":
        """The words of a configuration."""
        office = settings.office
        names = tuple(department.name for department in settings.departments)
        desk = f"{settings.server.public_url.rstrip('/')}/desk"
        return cls(office.language, office.name, ZoneInfo(office.timezone), names, settings.replies, desk)

    def say(self, key: str, **values: object) -> str:
        """A text in the operators' language."""
        return say(self.language, key, **values)

    def person(self, name: str | None, *, author: str = Author.VISITOR) -> str:
        """A name fit to be shown; something in its place where there is none."""
        shown = one_line(name or "", _NAME)
        return shown or (self.say("anonymous") if author == Author.VISITOR else self.office)


@dataclass(slots=True, frozen=True)
class Line:
    """One entry's words: who is named above them in small, and the text itself."""

    text: str
    above: str = ""

    def flat(self) -> str:
        """On one line, the name before the text."""
        return f"{self.above}: {self.text}" if self.above else self.text


def parts(
    info: ConversationInfo,
    entries: tuple[Record, ...],
    words: Words,
    *,
    headed: bool,
    maybe_repeated: bool = False,
    now: Glance | None = None,
) -> list[Part]:
    """The messages that show these entries, in order.

    ``headed``: the first of them opens the thread, with who it is and the buttons; ``now`` says
    how the conversation stands, above these.
    """
    entry = entries[0]
    if len(entries) > 1:
        shown = Line("\n".join(_timed(record, words) for record in entries))
    else:
        shown = line(entry, words)
    repeated = f"\n{words.say('maybe_repeated')}" if maybe_repeated else ""
    result: list[Part] = []
    if headed or shown.text or entry.kind == What.CALLBACK:
        extended = Line(shown.text + repeated, shown.above)
        result += _text_parts(info, entry, extended, words, headed=headed, now=now)
    if entry.kind == What.FILE:
        result.append(_file_part(entry, words, "" if result else repeated))
    return result


def _text_parts(
    info: ConversationInfo, entry: Record, shown: Line, words: Words, *, headed: bool, now: Glance | None
) -> list[TextPart]:
    pieces = split(shown.text, SECTION_LIMIT)
    marks = marks_of(entry.data, entry.text)
    before = f"{words.person(entry.name, author=entry.author)}: "
    groups = [pieces[at : at + SECTIONS_IN_POST] for at in range(0, len(pieces), SECTIONS_IN_POST)] or [[]]
    result = []
    for number, group in enumerate(groups):
        first = number == 0
        opens = first and (headed or entry.kind == What.CALLBACK)
        blocks = _heading(info, entry, words) if opens else []
        if first and shown.above and not (headed and entry.author == Author.VISITOR):
            blocks.append(context([f"👤 {shown.above}"]))
        if marks and len(pieces) == 1 and shown.text.startswith(before + entry.text):
            rest = shown.text[len(before) + len(entry.text) :]
            blocks.append(rich_text(before, entry.text + rest, marks))
        else:
            blocks += [section(piece) for piece in group]
        flat = "\n".join(group)
        if first:
            flat = Line(flat, shown.above).flat()
        if opens:
            blocks += _foot(info, entry, words, now)
            flat = f"{_title(info, entry, words)} · {words.person(info.name)}\n{flat}"
        result.append(TextPart(tuple(blocks), cut(escape(flat), _FALLBACK)))
    return result


def _title(info: ConversationInfo, entry: Record, words: Words) -> str:
    return words.say("new_callback" if _is_callback(info, entry) else "new_chat")


def _is_callback(info: ConversationInfo, entry: Record) -> bool:
    return info.kind == Kind.CALLBACK or entry.kind == What.CALLBACK


def _heading(info: ConversationInfo, entry: Record, words: Words) -> list[Json]:
    """Who it is, on which page, in which language, for which department; for a callback, how to reach."""
    facts: dict[str, str | None] = {"label_language": info.lang, "label_department": info.department}
    title = header(_title(info, entry, words))
    if entry.kind == What.CALLBACK:
        data = entry.data
        reach = {
            "label_reference": data.get("reference"),
            "label_name": words.person(data.get("name") or entry.name),
        }
        return [
            title,
            section("\n".join(_labelled(reach, words))),
            *_ways(data, words),
            context([*_page(info, words), *_labelled(facts, words)]),
        ]
    name = _labelled({"label_name": words.person(info.name)}, words)
    return [title, context([*name, *_page(info, words), *_labelled(facts, words)])]


def _ways(data: Mapping[str, Any], words: Words) -> list[Json]:
    """How to reach a citizen, each at a touch: the number as a phone takes it (RFC 3966), the address."""
    links = []
    if phone := data.get("phone"):
        links.append(Link(words.say("label_phone"), phone, f"tel:{re.sub(r'[^+0-9]', '', phone)}"))
    if email := data.get("email"):
        links.append(Link(words.say("label_email"), email, f"mailto:{email}"))
    return [context(links)] if links else []


def _page(info: ConversationInfo, words: Words) -> list[str | Link]:
    """The page: as a link where its title is known and its address short enough to be one, else its address."""
    label = words.say("label_page")
    if info.page and info.page_title and len(info.page) <= _LINK:
        return [Link(label, info.page_title, info.page)]
    return [f"{label}: {one_line(info.page, _PAGE)}"] if info.page else []


def _labelled(facts: Mapping[str, str | None], words: Words) -> list[str]:
    return [f"{words.say(label)}: {value}" for label, value in facts.items() if value]


def _foot(info: ConversationInfo, entry: Record, words: Words, now: Glance | None) -> list[Json]:
    blocks = [context([f"{now.sign} {now.lines[0]}", *now.lines[1:]])] if now else []
    if info.state != State.CLOSED:
        actions = _ON_CALLBACK if _is_callback(info, entry) else _ON_CHAT
        blocking = "unblock" if now is not None and now.blocked else "block"
        labels = {action: words.say(f"button_{action}") for action in (*actions, blocking)}
        fitting: tuple[str, ...] = ()
        if words.replies and not _is_callback(info, entry):
            labels["menu"] = words.say("button_menu")
            fitting = suggested(words.replies, entry.text) if entry.author == Author.VISITOR else ()
        blocks.append(buttons(info.id, labels, words.departments, words.say))
        if fitting:
            blocks.append(answers(info.id, fitting))
    return blocks


def _file_part(entry: Record, words: Words, repeated: str) -> FilePart:
    name = one_line(str(entry.data.get("name", "")), _NAME) or "file"
    size = int(entry.data.get("size", 0))
    author = words.person(entry.name, author=entry.author)
    failed = f"{author}: {words.say('file_failed', name=name, size=size_in_words(size))}{repeated}"
    where = f"{words.desk}/{entry.conversation_id}"
    return FilePart(
        key=str(entry.data.get("key", "")),
        name=name,
        size=size,
        comment=unmarked(author + repeated),
        instead=TextPart(
            (section(failed), context([Link(words.say("label_desk"), name, where)])),
            escape(f"{failed}\n{where}"),
        ),
    )


def _timed(entry: Record, words: Words) -> str:
    moment = datetime.fromtimestamp(entry.created_at / 1000, UTC).astimezone(words.zone)
    return f"{moment:%H:%M} {line(entry, words).flat()}"


def line(entry: Record, words: Words) -> Line:
    """One entry without its time."""
    name = words.person(entry.name, author=entry.author)
    match entry.kind:
        case What.CALLBACK | What.ANSWER:
            return Line(entry.text)
        case What.MESSAGE | What.EDITED | What.FILE if entry.author == Author.SYSTEM:
            return Line(_as_edited(entry, words))
        case What.NOTE:
            return Line(f"📝 {name}: {entry.text}")
        case What.DELETED:
            return Line(f"{name}: {words.say('deleted_message')}")
        case What.OPERATOR:
            return Line(words.say("taken_by", name=name))
        case What.CLOSED if entry.author == Author.VISITOR:
            return Line(words.say("closed_by_visitor"))
        case What.CLOSED:
            return Line(words.say("closed_by", name=name))
        case What.REOPENED:
            return Line(words.say("reopened"))
        case What.TRIED:
            return Line(words.say("tried", name=name, tries=entry.data.get("tries")))
        case What.BLOCKED:
            return Line(words.say("blocked_by", name=name, until=entry.data.get("until") or ""))
        case What.UNBLOCKED:
            return Line(words.say("unblocked_by", name=name))
        case What.PASSED:
            return Line(passed_in_words(entry, words.language))
        case What.RATING:
            comment = str(entry.data.get("comment") or "")
            return Line(words.say("rated", score=entry.data.get("score"), comment=comment).rstrip())
        case What.FILE if not entry.text:
            return Line("")
        case _ if entry.author == Author.VISITOR:
            return Line(_as_edited(entry, words), above=name)
        case _:
            return Line(f"{name}: {_as_edited(entry, words)}")


def _as_edited(entry: Record, words: Words) -> str:
    return edited(entry.text, words) if entry.kind == What.EDITED else entry.text


def edited(text: str, words: Words) -> str:
    """A changed message's new text, marked as changed."""
    return f"{text} {words.say('edited_mark')}"
