"""A journal entry as operators read it on Telegram: pure functions of entry, language and time zone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from bridges.telegram.format import (
    CAPTION_LIMIT,
    Styled,
    bold,
    dressed,
    folded,
    joined,
    linked,
    one_line,
    split,
    units,
    untouched,
)
from models.journal import Record
from models.tables import Author, Kind, What
from routing.bridge import ConversationInfo
from routing.files import size_in_words
from routing.glance import Glance, sign_of
from routing.pages import host_of
from routing.passing import passed_in_words
from routing.styled import marks_of
from routing.texts import say
from settings import Reply, Settings

_TOPIC_NAME = 128
"""Telegram's limit for the name of a topic; counted in UTF-16 units to be safe."""
_NAME = 100
_PAGE = 300
"""UTF-16 units of the page's address in the heading: enough to know it, without a form's endless query."""

_PHOTOS = ("image/jpeg", "image/png")
_PHOTO_BYTES = 10_000_000
"""Telegram's limit for a photo; larger ones go as documents."""


@dataclass(slots=True, frozen=True)
class TextPart:
    """A message of text."""

    text: Styled


@dataclass(slots=True, frozen=True)
class FilePart:
    """A message that carries a file; ``instead`` is the text to show where the file does not get through."""

    key: str
    name: str
    is_photo: bool
    caption: Styled
    instead: Styled


Part = TextPart | FilePart


@dataclass(slots=True, frozen=True)
class Words:
    """How entries are put into words: the operators' language, the office's name and time zone."""

    language: str
    office: str
    zone: ZoneInfo
    replies: tuple[Reply, ...] = ()
    desk: str = ""
    """The address of the desk, for what this platform does not take."""

    @classmethod
    def of(cls, settings: Settings) -> "Words":
        """The words of a configuration."""
        office = settings.office
        desk = f"{settings.server.public_url.rstrip('/')}/desk"
        return cls(office.language, office.name, ZoneInfo(office.timezone), settings.replies, desk)

    def say(self, key: str, **values: object) -> str:
        """A text in the operators' language."""
        return say(self.language, key, **values)

    def moment(self, milliseconds: int) -> datetime:
        """A stored moment by the office's clock."""
        return datetime.fromtimestamp(milliseconds / 1000, UTC).astimezone(self.zone)

    def deleted(self) -> Styled:
        """What stands in the place of a deleted message."""
        return Styled(self.say("deleted_message"))

    def person(self, name: str | None, *, author: str = Author.VISITOR) -> str:
        """A name fit to be shown; something in its place where there is none."""
        shown = one_line(name or "", _NAME)
        return shown or (self.say("anonymous") if author == Author.VISITOR else self.office)


def topic_name(info: ConversationInfo, words: Words, sign: str | None = None) -> str:
    """``🟡 Maria Rossi · Anagrafe``, or a hint of the page where there is no department.

    ``sign`` is what its heading bears, where that says more than its state. Who gave no name is told from the others by
    the time: ``🟡 Cittadino 09:47``.
    """
    hint = info.department or _page_hint(info.page)
    name = f"{sign or sign_of(info)} {words.person(info.name)}"
    if not one_line(info.name or "", _NAME):
        name += f" {words.moment(info.created_at):%H:%M}"
    return one_line(f"{name} · {hint}" if hint else name, _TOPIC_NAME)


def _page_hint(page: str | None) -> str:
    try:
        path = urlsplit(page or "").path
    except ValueError:
        return ""
    return "/".join(part for part in path.split("/") if part)


def heading(info: ConversationInfo, words: Words, now: Glance | None = None) -> Styled:
    """Who it is, on which page, in which language, for which department, and how the conversation stands."""
    title = "new_callback" if info.kind == Kind.CALLBACK else "new_chat"
    name = _labelled({"label_name": words.person(info.name)}, words)
    facts = _labelled({"label_language": info.lang, "label_department": info.department}, words)
    lines = [bold(words.say(title)), *name, *_page(info, words), *facts]
    if now is not None:
        lines.append(untouched(now.flat()))
    return joined(lines, by="\n")


def _page(info: ConversationInfo, words: Words) -> list[Styled]:
    """The page: its title as a link with the host beside it, where the title is known; else its address."""
    label = Styled(f"{words.say('label_page')}: ")
    if info.page and info.page_title:
        title = linked(one_line(info.page_title, _PAGE), info.page)
        return [label + title + untouched(f" ({host_of(info.page)})")]
    return [label + untouched(one_line(info.page, _PAGE))] if info.page else []


def _labelled(facts: Mapping[str, str | None], words: Words) -> list[Styled]:
    return [Styled(f"{words.say(label)}: ") + untouched(value) for label, value in facts.items() if value]


def parts(
    info: ConversationInfo,
    entries: tuple[Record, ...],
    words: Words,
    *,
    headed: bool,
    maybe_repeated: bool = False,
    now: Glance | None = None,
) -> list[Part]:
    """The messages that show these entries, in order; ``headed``: the first begins with the heading."""
    if entries[0].kind == What.FILE:
        first = heading(info, words, now) if headed else Styled()
        return _file_parts(first, entries[0], words, maybe_repeated)
    if len(entries) > 1:
        shown = joined((_timed(entry, words) for entry in entries), by="\n")
    else:
        shown = line(entries[0], words)
    if entries[0].kind == What.CALLBACK:
        shown = _callback(info, entries[0], words, now if headed else None)
    elif headed:
        shown = heading(info, words, now) + Styled("\n\n") + shown
    if maybe_repeated:
        shown += Styled(f"\n{words.say('maybe_repeated')}")
    return [TextPart(piece) for piece in split(shown)]


def _file_parts(first: Styled, entry: Record, words: Words, maybe_repeated: bool) -> list[Part]:
    data = entry.data
    size = size_in_words(int(data.get("size", 0)))
    name = one_line(str(data.get("name", "")), _NAME)
    author = bold(words.person(entry.name, author=entry.author))
    said = _said(author, dressed(entry.text, marks_of(entry.data, entry.text)))
    caption = said if entry.text else author
    overflow: list[Styled] = []
    if units(caption.text) > CAPTION_LIMIT - 100:
        caption, overflow = author, split(said)
    if maybe_repeated:
        caption += Styled(f"\n{words.say('maybe_repeated')}")
    failed = untouched(words.say("file_failed", name=name, size=size))
    where = Styled(f"{words.desk}/{entry.conversation_id}")
    result: list[Part] = [TextPart(piece) for piece in split(first)]
    result.append(
        FilePart(
            key=str(data.get("key", "")),
            name=str(data.get("name", "")) or "file",
            is_photo=data.get("type") in _PHOTOS and int(data.get("size", 0)) <= _PHOTO_BYTES,
            caption=caption,
            instead=joined([caption, failed, where], by="\n"),
        )
    )
    return result + [TextPart(piece) for piece in overflow]


def _said(author: Styled, text: Styled) -> Styled:
    return author + Styled(": ") + text


def _timed(entry: Record, words: Words) -> Styled:
    return Styled(f"{words.moment(entry.created_at):%H:%M} ") + line(entry, words)


def line(entry: Record, words: Words) -> Styled:
    """One entry without its time."""
    text = dressed(entry.text, marks_of(entry.data, entry.text))
    name = words.person(entry.name, author=entry.author)
    match entry.kind:
        case What.MESSAGE | What.EDITED if entry.author == Author.SYSTEM:
            return text
        case What.EDITED:
            return _said(bold(name), dressed(edited(entry.text, words), marks_of(entry.data, entry.text)))
        case What.DELETED:
            return _said(bold(name), words.deleted())
        case What.NOTE:
            return _said(Styled("📝 ") + bold(name), text)
        case What.ANSWER:
            return folded(text) if entry.data.get("story") else text
        case What.OPERATOR:
            return untouched(words.say("taken_by", name=name))
        case What.CLOSED if entry.author == Author.VISITOR:
            return Styled(words.say("closed_by_visitor"))
        case What.CLOSED:
            return untouched(words.say("closed_by", name=name))
        case What.REOPENED:
            return Styled(words.say("reopened"))
        case What.TRIED:
            return untouched(words.say("tried", name=name, tries=entry.data.get("tries")))
        case What.BLOCKED:
            return untouched(words.say("blocked_by", name=name, until=entry.data.get("until") or ""))
        case What.UNBLOCKED:
            return untouched(words.say("unblocked_by", name=name))
        case What.PASSED:
            return untouched(passed_in_words(entry, words.language))
        case What.RATING:
            comment = str(entry.data.get("comment") or "")
            return untouched(words.say("rated", score=entry.data.get("score"), comment=comment).rstrip())
        case _:
            return _said(bold(name), text)


def edited(text: str, words: Words) -> str:
    """A changed message's new text, marked as changed."""
    return f"{text} {words.say('edited_mark')}"


def _callback(info: ConversationInfo, entry: Record, words: Words, now: Glance | None) -> Styled:
    """A message left with contact details: all that is needed to call back."""
    data = entry.data
    facts = {
        "label_reference": data.get("reference"),
        "label_name": words.person(data.get("name") or entry.name),
        "label_phone": data.get("phone"),
        "label_email": data.get("email"),
        "label_language": info.lang,
        "label_department": info.department,
        "label_page": one_line(info.page or "", _PAGE),
    }
    title = bold(words.say("new_callback"))
    state = [untouched(now.flat())] if now else []
    return joined([title, *_labelled(facts, words), *state, Styled(), untouched(entry.text)], by="\n")
