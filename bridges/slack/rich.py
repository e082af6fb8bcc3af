"""Slack's rich text both ways: what an operator marked in it, and a colleague's marks put back into it."""

from collections.abc import Callable, Iterable
from typing import Any

from bridges.slack.format import address_in_words, emoji_of
from routing.styled import Mark, runs

_STYLES = ("bold", "italic", "strike", "code")
_SHOWN_AS = {**{style: style for style in _STYLES}, "pre": "code", "quote": "italic"}
"""A section has no quotation or block of code of its own."""
_BULLETS = "•"


class _Unknown(Exception):
    """Something that only the notation of the text itself tells how to show."""


def rich(blocks: Iterable[Any], name_of: Callable[[str], str]) -> tuple[str, tuple[Mark, ...]] | None:
    """The text that a message's rich text shows, with its marks; None where there is none that we know all of."""
    found = [block for block in blocks if isinstance(block, dict)]
    if len(found) != 1 or found[0].get("type") != "rich_text":
        return None
    text, marks = "", list[Mark]()
    try:
        for part in found[0].get("elements", []):
            if text and not text.endswith("\n"):
                text += "\n"
            piece, its = _part(part, name_of)
            marks += [(start + len(text), end + len(text), kind) for start, end, kind in its]
            text += piece
    except (_Unknown, AttributeError, KeyError, TypeError, ValueError):
        return None
    return text, tuple(marks)


def _part(part: dict[str, Any], name_of: Callable[[str], str]) -> tuple[str, list[Mark]]:
    match part["type"]:
        case "rich_text_section":
            return _inline(part["elements"], name_of)
        case "rich_text_preformatted":
            text, _ = _inline(part["elements"], name_of)
            return text, [(0, len(text), "pre")] if text else []
        case "rich_text_quote":
            text, marks = _inline(part["elements"], name_of)
            return _each_line(text, marks)
        case "rich_text_list":
            return _list(part, name_of)
    raise _Unknown


def _each_line(text: str, marks: list[Mark]) -> tuple[str, list[Mark]]:
    """Every line after the sign of a quotation, which the marks make room for."""

    def moved(at: int) -> int:
        return at + 2 * (text.count("\n", 0, at) + 1)

    quoted = "\n".join(f"> {line}" for line in text.split("\n"))
    return quoted, [(moved(start), moved(end - 1) + 1, kind) for start, end, kind in marks]


def _list(part: dict[str, Any], name_of: Callable[[str], str]) -> tuple[str, list[Mark]]:
    text, marks = "", list[Mark]()
    indent = "    " * int(part.get("indent", 0))
    for number, item in enumerate(part["elements"], 1 + int(part.get("offset", 0))):
        sign = f"{number}." if part.get("style") == "ordered" else _BULLETS
        text += f"{chr(10) if text else ''}{indent}{sign} "
        piece, its = _inline(item["elements"], name_of)
        marks += [(start + len(text), end + len(text), kind) for start, end, kind in its]
        text += piece
    return text, marks


def _inline(elements: list[dict[str, Any]], name_of: Callable[[str], str]) -> tuple[str, list[Mark]]:
    text, marks = "", list[Mark]()
    for element in elements:
        piece = _element(element, name_of)
        style = element.get("style") or {}
        marks += [(len(text), len(text) + len(piece), kind) for kind in _STYLES if piece and style.get(kind)]
        text += piece
    return text, marks


def _element(element: dict[str, Any], name_of: Callable[[str], str]) -> str:
    match element["type"]:
        case "text":
            return str(element["text"])
        case "link":
            return address_in_words(str(element["url"]), str(element.get("text") or ""))
        case "user":
            return name_of(str(element["user_id"]))
        case "emoji":
            return emoji_of(element) or f":{element['name']}:"
        case "broadcast":
            return f"@{element['range']}"
    raise _Unknown


def rich_text(before: str, text: str, marks: Iterable[Mark]) -> dict[str, Any]:
    """A block of rich text: ``before`` as it is, then the text with its marks. No letter of it is obeyed."""
    elements: list[dict[str, Any]] = [{"type": "text", "text": before}] if before else []
    for piece, kinds in runs(text, marks):
        style = {_SHOWN_AS[kind]: True for kind in sorted(kinds)}
        elements.append({"type": "text", "text": piece} | ({"style": style} if style else {}))
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": elements}]}
