"""Rich text both ways: bold headings and untouched citizens' text out, operators' entities to plain text in.

Telegram counts offsets and lengths in UTF-16 units; here everything is counted in characters, and
converted at the edge.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from telegram import MessageEntity

from routing.styled import Mark, runs

TEXT_LIMIT = 4096
"""UTF-16 units in a message."""
CAPTION_LIMIT = 1024
"""UTF-16 units in the caption of a file."""

_MADE_LIVE = re.compile(r"(?P<address>(?:\w+://|www\.)\S+)|(?<![\w/<>])/\w+(?:@\w+)?|(?<!\w)@\w+")
"""What Telegram makes live in any text: a command that runs at a touch, a mention that notifies.

Addresses are matched too, so that what is within them is left alone: they may stay links.
"""
_JOINERS = re.compile("[\u0300-\u036f\u200d\ufe00-\ufe0f\U0001f3fb-\U0001f3ff]")
"""Characters that belong to the one before: accents, joiners and variants of emoji."""
_KINDS = {
    MessageEntity.BOLD: "bold",
    MessageEntity.ITALIC: "italic",
    MessageEntity.STRIKETHROUGH: "strike",
    MessageEntity.CODE: "code",
    MessageEntity.PRE: "pre",
    MessageEntity.BLOCKQUOTE: "quote",
    MessageEntity.EXPANDABLE_BLOCKQUOTE: "quote",
}
"""What Telegram's kinds of entity are among ours."""
_SHOWN_AS = {"strike": MessageEntity.STRIKETHROUGH, "quote": MessageEntity.BLOCKQUOTE}
_ALONE = ("pre", "code")
_NOT_IN_NAMES = re.compile("[\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]+")


@dataclass(slots=True, frozen=True)
class Span:
    """Characters ``start`` to ``end`` are shown as ``type`` (a ``MessageEntity`` type)."""

    start: int
    end: int
    type: str
    url: str | None = None
    """Where it leads, for a ``text_link``."""


@dataclass(slots=True, frozen=True)
class Styled:
    """A text and how pieces of it are shown; nothing in the text itself is ever read as markup."""

    text: str = ""
    spans: tuple[Span, ...] = ()

    def __add__(self, other: "Styled") -> "Styled":
        shift = len(self.text)
        moved = tuple(Span(s.start + shift, s.end + shift, s.type, s.url) for s in other.spans)
        return Styled(self.text + other.text, self.spans + moved)

    def __bool__(self) -> bool:
        return bool(self.text.strip())

    def slice(self, start: int, end: int) -> "Styled":
        """The characters from ``start`` to ``end`` with what covers them."""
        kept = (
            Span(max(s.start, start) - start, min(s.end, end) - start, s.type, s.url)
            for s in self.spans
            if s.start < end and s.end > start
        )
        return Styled(self.text[start:end], tuple(kept))

    def entities(self) -> list[MessageEntity]:
        """The spans as Telegram wants them."""
        return [
            MessageEntity(s.type, units(self.text[: s.start]), units(self.text[s.start : s.end]), url=s.url)
            for s in self.spans
        ]


def units(text: str) -> int:
    """The length of ``text`` in UTF-16 units."""
    return len(text) + sum(character > "\uffff" for character in text)


def whole(text: str) -> str:
    """``text`` without halves of characters, which no platform takes."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def bold(text: str) -> Styled:
    """``text`` in bold; mentions and commands in it (a name is a citizen's text too) made harmless instead."""
    harmless = untouched(text)
    edges = [0, *(edge for span in harmless.spans for edge in (span.start, span.end)), len(harmless.text)]
    between = zip(edges[::2], edges[1::2], strict=True)
    heavy = (Span(start, end, MessageEntity.BOLD) for start, end in between if start < end)
    return Styled(harmless.text, tuple(sorted((*harmless.spans, *heavy), key=lambda span: span.start)))


def linked(text: str, address: str) -> Styled:
    """``text`` that leads to ``address``."""
    text = whole(text)
    return Styled(text, (Span(0, len(text), MessageEntity.TEXT_LINK, address),) if text else ())


def untouched(text: str) -> Styled:
    """``text`` letter by letter as it was written, with its mentions and commands made harmless.

    Telegram itself turns ``@name`` and ``/word`` of any text into something live, unless they are
    marked as code.
    """
    text = whole(text)
    found = (match for match in _MADE_LIVE.finditer(text) if match["address"] is None)
    spans = tuple(Span(match.start(), match.end(), MessageEntity.CODE) for match in found)
    return Styled(text, spans)


def joined(pieces: Iterable[Styled], by: str) -> Styled:
    """The pieces with ``by`` between them."""
    result: Styled | None = None
    for piece in pieces:
        result = piece if result is None else result + Styled(by) + piece
    return result or Styled()


def one_line(text: str, most: int) -> str:
    """``text`` on one line, without tricks of direction, cut to ``most`` UTF-16 units."""
    flat = " ".join(_NOT_IN_NAMES.sub(" ", whole(text)).split())
    if units(flat) <= most:
        return flat
    return flat[: _fitting(flat, most - 1)].rstrip() + "…"


def split(styled: Styled, limit: int = TEXT_LIMIT) -> list[Styled]:
    """Pieces of at most ``limit`` UTF-16 units, cut at lines or words; none for a text of nothing."""
    pieces = []
    start, end = 0, len(styled.text)
    while start < end:
        stop = start + _fitting(styled.text[start:], limit)
        following = stop
        if stop < end:
            stop, following = _cut(styled.text, start, stop)
        piece = styled.slice(start, stop)
        if piece:
            pieces.append(piece)
        start = following
    return pieces


def _fitting(text: str, limit: int) -> int:
    """How many characters from the start fit into ``limit`` UTF-16 units."""
    used = 0
    for position, character in enumerate(text):
        used += 2 if character > "\uffff" else 1
        if used > limit:
            return position
    return len(text)


def _cut(text: str, start: int, stop: int) -> tuple[int, int]:
    """Where a piece that may reach ``stop`` ends, and where the next one begins."""
    length = stop - start
    for gap, least in (("\n", length // 2), (" ", length // 4)):
        at = text.rfind(gap, start + least, stop + 1)
        if at > start:
            return at, at + 1
    earliest = start + length // 2
    while stop > earliest and (_JOINERS.match(text[stop]) or text[stop - 1] == "\u200d"):
        stop -= 1
    return stop, stop


def dressed(text: str, marks: Iterable[Mark]) -> Styled:
    """``untouched``, with a colleague's marks; Telegram takes nothing else where something is code."""
    harmless = untouched(text)
    code = [(span.start, span.end, MessageEntity.CODE) for span in harmless.spans]
    spans, at = list[Span](), 0
    for piece, kinds in runs(harmless.text, (*code, *marks)):
        alone = next((kind for kind in _ALONE if kind in kinds), None)
        for kind in (alone,) if alone else sorted(kinds):
            spans.append(Span(at, at + len(piece), _SHOWN_AS.get(kind, kind)))
        at += len(piece)
    return Styled(harmless.text, tuple(spans))


def folded(styled: Styled) -> Styled:
    """Shown as a few lines that open at a touch."""
    return Styled(
        styled.text, (Span(0, len(styled.text), MessageEntity.EXPANDABLE_BLOCKQUOTE), *styled.spans)
    )


def marks_in(text: str, entities: Sequence[MessageEntity]) -> tuple[Mark, ...]:
    """The marks that an operator's entities are, by the characters of what ``plain`` makes of the text."""
    encoded = text.encode("utf-16-le")

    def at(offset: int) -> int:
        """Where what ``plain`` makes of the first ``offset`` units ends."""
        before = [e for e in entities if e.offset + e.length <= offset]
        return len(plain(encoded[: offset * 2].decode("utf-16-le", "replace"), before))

    found = []
    for entity in entities:
        kind = _KINDS.get(entity.type)
        last = entity.offset + entity.length
        if kind is not None and entity.length > 0 and last * 2 <= len(encoded):
            found.append((at(entity.offset), at(last), kind))
    return tuple(mark for mark in found if mark[0] < mark[1])


def plain(text: str, entities: Sequence[MessageEntity]) -> str:
    """An operator's message as plain text: links show their address, mentions of people become names."""
    encoded = text.encode("utf-16-le")
    marks = sorted(
        (e for e in entities if e.type in (MessageEntity.TEXT_LINK, MessageEntity.TEXT_MENTION)),
        key=lambda e: e.offset,
    )
    edges = [0]
    pieces = []
    for entity in marks:
        first, last = entity.offset * 2, (entity.offset + entity.length) * 2
        if first < edges[-1] or last > len(encoded):
            continue
        edges += [first, last]
        shown = encoded[first:last].decode("utf-16-le", "replace")
        pieces.append(_spelled_out(shown, entity))
    edges.append(len(encoded))
    between = [
        encoded[a:b].decode("utf-16-le", "replace") for a, b in list(pairwise(edges))[::2]
    ]  # fmt: skip
    woven = [between[0]]
    for piece, rest in zip(pieces, between[1:], strict=True):
        woven += [piece, rest]
    return "".join(woven)


def _spelled_out(shown: str, entity: MessageEntity) -> str:
    if entity.type == MessageEntity.TEXT_MENTION:
        return entity.user.full_name if entity.user else shown
    url = entity.url or ""
    same = shown.strip().rstrip("/") in (url.rstrip("/"), url.rstrip("/").partition("://")[2])
    return shown if same or not url else f"{shown} ({url})"
