"""Text both ways: citizens' words that Slack obeys in nothing, and operators' notation as plain text.

Pure functions; https://docs.slack.dev/messaging/formatting-message-text is the rule for both.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any

_SPECIAL = re.compile(r"<([^<>]*)>")
_PERSON = re.compile(r"<@([A-Z0-9]+)(?:\|[^<>]*)?>")
_NOT_IN_NAMES = re.compile("[\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]+")
_CODES = re.compile(r"[0-9a-f]{2,6}(?:-[0-9a-f]{2,6})*")
_MARKS = str.maketrans({"*": "∗", "_": "ˍ", "~": "∼", "`": "ˋ"})
"""Letters that look like Slack's marks and are none."""


def whole(text: str) -> str:
    """``text`` without halves of characters, which no platform takes."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def escape(text: str) -> str:
    """``text`` such that nothing in it is a mention or a link: & < > are all that Slack asks for."""
    return whole(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescape(text: str) -> str:
    """The reverse of ``escape``."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def unmarked(text: str) -> str:
    """``escape`` for a place that has no plain text of its own: bold and its like are not obeyed either."""
    return escape(text.translate(_MARKS))


def one_line(text: str, most: int) -> str:
    """``text`` on one line, without tricks of direction, cut to ``most`` characters."""
    flat = " ".join(_NOT_IN_NAMES.sub(" ", whole(text)).split())
    return flat if len(flat) <= most else flat[: most - 1].rstrip() + "…"


def cut(escaped: str, most: int) -> str:
    """An escaped text of at most ``most`` characters, not cut within an ``&amp;``."""
    if len(escaped) <= most:
        return escaped
    return re.sub(r"&[a-z]{0,3}$", "", escaped[: most - 1]) + "…"


def split(text: str, limit: int) -> list[str]:
    """Pieces of at most ``limit`` characters, cut at lines or words; none for a text of nothing."""
    pieces = []
    rest = whole(text)
    while len(rest) > limit:
        end, following = _seam(rest, limit)
        pieces.append(rest[:end])
        rest = rest[following:]
    pieces.append(rest)
    return [piece for piece in pieces if piece.strip()]


def _seam(text: str, limit: int) -> tuple[int, int]:
    """Where a piece of at most ``limit`` characters ends, and where the next one begins."""
    for gap, least in (("\n", limit // 2), (" ", limit // 4)):
        at = text.rfind(gap, least, limit + 1)
        if at > 0:
            return at, at + 1
    return limit, limit


def people(text: str) -> set[str]:
    """The ids of the people that an operator's text mentions."""
    return set(_PERSON.findall(text))


def plain(text: str, name_of: Callable[[str], str], blocks: Iterable[Any] = ()) -> str:
    """An operator's message as the citizen reads it.

    ``name_of`` gives a person's name for an id. ``blocks`` is the message's rich text: it knows the
    characters behind ``:smile:``; emoji that it does not name stay as they are.
    """
    text = _with_emoji(text, blocks)
    pieces = []
    end = 0
    for match in _SPECIAL.finditer(text):
        pieces.append(unescape(text[end : match.start()]))
        pieces.append(_spelled_out(match[1], name_of))
        end = match.end()
    pieces.append(unescape(text[end:]))
    return "".join(pieces)


def _spelled_out(inside: str, name_of: Callable[[str], str]) -> str:
    target, _, label = inside.partition("|")
    target, label = unescape(target), unescape(label)
    if target.startswith("@"):
        return name_of(target[1:])
    if target.startswith("#"):
        return f"#{label or target[1:]}"
    if target.startswith("!"):
        return label or f"@{target[1:].partition('^')[0]}"
    return address_in_words(target, label)


def address_in_words(target: str, label: str) -> str:
    """A link as plain text: its label, if it has one of its own, and the address."""
    address = target.removeprefix("mailto:").removeprefix("tel:")
    same = label.strip().rstrip("/") in (
        "",
        address,
        target.rstrip("/"),
        target.rstrip("/").partition("://")[2],
    )
    return address if same else f"{label} ({address})"


def _with_emoji(text: str, blocks: Iterable[Any]) -> str:
    for element in _elements(list(blocks)):
        characters = emoji_of(element) if element.get("type") == "emoji" else ""
        if characters:
            tone = f":skin-tone-{element['skin_tone']}:" if "skin_tone" in element else ""
            text = text.replace(f":{element.get('name')}:{tone}", characters)
    return text


def emoji_of(element: dict[str, Any]) -> str:
    """The characters of an emoji; "" where Slack names none (the workspace's own have a picture only)."""
    code = element.get("unicode")
    if not isinstance(code, str) or not _CODES.fullmatch(code):
        return ""
    return whole("".join(chr(int(number, 16) % 0x110000) for number in code.split("-")))


def _elements(value: Any) -> list[dict[str, Any]]:
    """Every JSON object inside a value, outermost first."""
    if isinstance(value, list):
        return [found for item in value for found in _elements(item)]
    if isinstance(value, dict):
        inner = (found for item in value.values() for found in _elements(item))
        return [value, *inner]
    return []
