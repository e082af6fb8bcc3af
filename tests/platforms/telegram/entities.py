"""Pieces of a text that are more than text: given as entities or as HTML, or found by Telegram itself.

Offsets and lengths are in UTF-16 units, as on the wire.
"""

import re
from html import unescape
from typing import Any

from .errors import bad_request
from .records import Json

MAX_TEXT = 4096
MAX_CAPTION = 1024
MAX_ENTITIES = 100

_TAGS = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "code": "code", "pre": "pre",
    "blockquote": "blockquote", "tg-spoiler": "spoiler", "a": "text_link",
}  # fmt: skip
_KINDS = {*_TAGS.values(), "expandable_blockquote", "text_mention", "custom_emoji", "mention", "hashtag",
          "cashtag", "bot_command", "url", "email", "phone_number", "date_time"}  # fmt: skip
_QUIET = {"code", "pre", "text_link", "text_mention"}
"""Inside these Telegram finds nothing of its own."""
_PIECE = re.compile(r"<(/?)([a-zA-Z-]+)((?:\s[^<>]*)?)>|&(?:#x?[0-9a-fA-F]+|[a-z]+);")
_HREF = re.compile(r"""\s*href=(?:"([^"]*)"|'([^']*)'|(\S+))\s*""")
_FOUND = (
    ("url", re.compile(r"(?:https?://|www\.)[^\s<>\"]+|\b[a-z0-9-]+\.(?:it|com|org|net|eu|example)\b(?:/\S*)?")),
    ("email", re.compile(r"\b[\w.+-]+@[\w-]+\.[\w.-]+\b")),
    ("mention", re.compile(r"(?<![\w@])@[A-Za-z][A-Za-z0-9_]{3,31}\b")),
    ("bot_command", re.compile(r"(?<![\w/<>])/[A-Za-z0-9_]{1,64}(?:@\w+)?")),
    ("hashtag", re.compile(r"(?<!\w)#\w*[^\W\d]\w*")),
)  # fmt: skip


def units(text: str) -> int:
    """The length in UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2


def cut_out(text: str, offset: int, length: int) -> str:
    """What an entity covers."""
    return text.encode("utf-16-le")[offset * 2 : (offset + length) * 2].decode("utf-16-le", "replace")


def formatted(
    text: str, entities: Any, parse_mode: str | None, most: int, what: str
) -> tuple[str, list[Json]]:
    """A text as it will be kept, with its entities; refused where Telegram would refuse it.

    Raises
    ------
    TelegramRefusal
        Bad HTML, entities that do not fit, or more than `most` UTF-16 units once all is parsed.
    """
    if parse_mode:
        if parse_mode.lower() != "html":
            raise bad_request("unsupported parse_mode")
        text, marks = _from_html(text)
    else:
        marks = _checked(entities or [], text)
    text, marks = _trimmed(text, marks)
    if units(text) > most:
        raise bad_request(f"{what} is too long")
    return text, sorted(marks + _found(text, marks), key=lambda mark: (mark["offset"], -mark["length"]))


def _from_html(text: str) -> tuple[str, list[Json]]:
    result, marks = "", []
    opened: list[tuple[str, int, Json]] = []
    position = 0
    for piece in _PIECE.finditer(text):
        result += _plain(text, position, piece.start())
        position = piece.end()
        name = (piece[2] or "").lower()
        if piece[0].startswith("&"):
            result += unescape(piece[0])
        elif piece[1]:
            if not opened or opened[-1][0] != name:
                raise _unreadable("Unmatched end tag", text, piece.start())
            _, start, more = opened.pop()
            length = units(result) - start
            if length:
                marks.append({"type": _TAGS[name], "offset": start, "length": length, **more})
        elif name not in _TAGS:
            raise _unreadable(f'Unsupported start tag "{name}"', text, piece.start())
        else:
            opened.append((name, units(result), _attributes(name, piece[3])))
    result += _plain(text, position, len(text))
    if opened:
        raise _unreadable(
            f'Can\'t find end tag corresponding to start tag "{opened[-1][0]}"', text, len(text)
        )
    return result, marks


def _plain(text: str, start: int, end: int) -> str:
    at = text.find("<", start, end)
    if at >= 0:
        raise _unreadable('Unsupported start tag ""', text, at)
    return text[start:end]


def _attributes(name: str, rest: str) -> Json:
    found = _HREF.fullmatch(rest) if name == "a" else None
    return {"url": unescape(next(group for group in found.groups() if group is not None))} if found else {}


def _unreadable(why: str, text: str, position: int) -> Exception:
    offset = len(text[:position].encode())
    return bad_request(f"can't parse entities: {why} at byte offset {offset}")


def _checked(entities: Any, text: str) -> list[Json]:
    if len(entities) > MAX_ENTITIES:
        entities = entities[:MAX_ENTITIES]
    for entity in entities:
        if not isinstance(entity, dict) or entity.get("type") not in _KINDS:
            raise bad_request('can\'t parse MessageEntity: Field "type" must be of a known kind')
        if not all(isinstance(entity.get(key), int) for key in ("offset", "length")):
            raise bad_request('can\'t parse MessageEntity: Field "offset" must be of type Number')
        if entity["offset"] < 0 or entity["length"] < 0:
            raise bad_request("ENTITY_BOUNDS_INVALID")
        if entity["offset"] + entity["length"] > units(text):
            raise bad_request("ENTITY_BOUNDS_INVALID")
    kept = [dict(entity) for entity in entities if entity["length"]]
    # What Telegram itself finds is not taken from the caller.
    return [entity for entity in kept if entity["type"] not in {name for name, _ in _FOUND}]


def _trimmed(text: str, marks: list[Json]) -> tuple[str, list[Json]]:
    """Telegram takes blanks off both ends."""
    shift = units(text) - units(text.lstrip())
    text = text.strip()
    size = units(text)
    kept = []
    for mark in marks:
        start = max(0, mark["offset"] - shift)
        end = min(size, mark["offset"] - shift + mark["length"])
        if end > start:
            kept.append({**mark, "offset": start, "length": end - start})
    return text, kept


def _found(text: str, marks: list[Json]) -> list[Json]:
    """What Telegram makes live by itself, outside code and links; the first kind that fits a place wins."""
    taken = [(m["offset"], m["offset"] + m["length"]) for m in marks if m["type"] in _QUIET]
    found = []
    for kind, pattern in _FOUND:
        for match in pattern.finditer(text):
            start, end = units(text[: match.start()]), units(text[: match.end()])
            if all(end <= other or start >= after for other, after in taken):
                found.append({"type": kind, "offset": start, "length": end - start})
                taken.append((start, end))
    return found
