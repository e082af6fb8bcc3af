"""Text between people and the wire: what an operator types, and what everyone then reads."""

import re
from collections.abc import Callable
from typing import Any

from .records import Json

_EMOJI = {
    "👍": "+1",
    "🙂": "slightly_smiling_face",
    "😊": "blush",
    "❤️": "heart",
    "🙏": "pray",
    "👋": "wave",
}
_TYPED = re.compile(
    r"(?P<url>https?://[^\s<>|]+)"
    r"|@(?P<broadcast>channel|here|everyone)\b"
    r"|@(?P<user>[a-z0-9._-]+)"
    r"|#(?P<channel>[a-z0-9_-]+)"
    r"|(?P<emoji>" + "|".join(map(re.escape, _EMOJI)) + ")"
    r"|(?<!\w)\*(?P<bold>[^*\n]+)\*(?!\w)"
    r"|(?<!\w)_(?P<italic>[^_\n]+)_(?!\w)"
    r"|(?<!\w)~(?P<strike>[^~\n]+)~(?!\w)"
    r"|`(?P<code>[^`\n]+)`"
)
_MARKS = {"bold": "*", "italic": "_", "strike": "~", "code": "`"}
_LINK = re.compile(r"<([^<>\n]+)>")
_BARE_URL = re.compile(r"(?<![<|\w])https?://[^\s<>|]+")
_STRAY_AND = re.compile(r"&(?!(?:amp|lt|gt);)")

Find = Callable[[str], str | None]


def escape(text: str) -> str:
    """Slack's escaping: & < > and nothing else."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescape(text: str) -> str:
    """The reverse of `escape`."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def typed(text: str, find_user: Find, find_channel: Find) -> tuple[str, list[Json]]:
    """What Slack makes of a person's typing: the wire text, and its rich_text block.

    `find_user` and `find_channel` turn a name into an id, or None when nobody has that name.
    """
    wire: list[str] = []
    elements: list[Json] = []
    end = 0
    for match in _TYPED.finditer(text):
        piece = _special(match, find_user, find_channel)
        if piece is None:
            continue
        _plain(text[end : match.start()], wire, elements)
        wire.append(piece[0])
        elements.append(piece[1])
        end = match.end()
    _plain(text[end:], wire, elements)
    section = {"type": "rich_text_section", "elements": elements}
    return "".join(wire), [{"type": "rich_text", "elements": [section]}] if elements else []


def _plain(text: str, wire: list[str], elements: list[Json]) -> None:
    if text:
        wire.append(escape(text))
        elements.append({"type": "text", "text": text})


def _special(match: re.Match[str], find_user: Find, find_channel: Find) -> tuple[str, Json] | None:
    kind, value = str(match.lastgroup), str(match.group(str(match.lastgroup)))
    if kind == "url":
        return f"<{escape(value)}>", {"type": "link", "url": value}
    if kind == "broadcast":
        return f"<!{value}>", {"type": "broadcast", "range": value}
    if kind == "user":
        user = find_user(value)
        return (f"<@{user}>", {"type": "user", "user_id": user}) if user else None
    if kind == "channel":
        channel = find_channel(value)
        return (f"<#{channel}|{value}>", {"type": "channel", "channel_id": channel}) if channel else None
    if kind == "emoji":
        return f":{_EMOJI[value]}:", {"type": "emoji", "name": _EMOJI[value]}
    mark = _MARKS[kind]
    return f"{mark}{escape(value)}{mark}", {"type": "text", "text": value, "style": {kind: True}}


def posted(text: str, parse: str | None, link_names: bool, find_user: Find) -> str:
    """The wire text Slack keeps for an app's `text`.

    A stray & < > is escaped, `<...>` is obeyed. Unless `parse` is "none" a bare address becomes a link;
    with `link_names` (or parse "full") @channel and @name become mentions.
    """
    pieces = []
    end = 0
    for match in _LINK.finditer(text):
        pieces.append(_loose(text[end : match.start()], parse, link_names, find_user))
        pieces.append(match.group(0))
        end = match.end()
    pieces.append(_loose(text[end:], parse, link_names, find_user))
    return "".join(pieces)


def _loose(text: str, parse: str | None, link_names: bool, find_user: Find) -> str:
    text = _STRAY_AND.sub("&amp;", text).replace("<", "&lt;").replace(">", "&gt;")
    if parse != "none":
        text = _BARE_URL.sub(lambda m: f"<{m.group(0)}>", text)
    if link_names or parse == "full":
        text = re.sub(r"@(channel|here|everyone)\b", r"<!\1>", text)
        text = re.sub(r"@([a-z0-9._-]+)", lambda m: _mention(m, find_user), text)
    return text


def _mention(match: re.Match[str], find_user: Find) -> str:
    user = find_user(match.group(1))
    return f"<@{user}>" if user else match.group(0)


def mentions(text: str, blocks: list[Json]) -> set[str]:
    """Whom a message calls: user ids, and `channel`, `here`, `everyone`."""
    found = set(re.findall(r"<@([UW]\w+)(?:\|[^>]*)?>|<!(?:channel|here|everyone)", text))
    found.discard("")
    found.update(re.findall(r"<!(channel|here|everyone)", text))
    for part in walk(blocks):
        if part.get("type") == "broadcast":
            found.add(str(part["range"]))
        elif part.get("type") == "user":
            found.add(str(part["user_id"]))
        elif part.get("type") == "mrkdwn":
            found |= mentions(str(part["text"]), [])
    return found


def walk(value: Any) -> list[Json]:
    """Every JSON object inside a value, outermost first."""
    if isinstance(value, list):
        return [found for item in value for found in walk(item)]
    if isinstance(value, dict):
        return [value, *(found for item in value.values() for found in walk(item))]
    return []


def seen(text: str, name_of: Callable[[str], str]) -> str:
    """Wire text (mrkdwn) as a person reads it; `name_of` turns a user id into a name."""
    return unescape(_LINK.sub(lambda m: _seen_link(m.group(1), name_of), text))


def _seen_link(inside: str, name_of: Callable[[str], str]) -> str:
    target, _, label = inside.partition("|")
    if target.startswith("@"):
        return f"@{label or name_of(target[1:])}"
    if target.startswith("!"):
        return f"@{label or target[1:]}"
    if target.startswith("#"):
        return f"#{label or target[1:]}"
    return label or target


def seen_blocks(blocks: list[Json], name_of: Callable[[str], str]) -> str:
    """Blocks as a person reads them, one line a block; buttons are not text."""
    lines = [_seen_block(block, name_of) for block in blocks]
    return "\n".join(line for line in lines if line)


def _seen_block(block: Json, name_of: Callable[[str], str]) -> str:
    kind = block["type"]
    if kind == "rich_text":
        return "\n".join(_seen_rich(part, name_of) for part in block["elements"])
    if kind == "markdown":
        return str(block["text"])
    if kind == "context":
        return " ".join(_seen_text(e, name_of) for e in block["elements"] if "text" in e)
    parts = [block["text"]] if "text" in block else []
    return "\n".join(_seen_text(part, name_of) for part in [*parts, *block.get("fields", [])])


def _seen_text(text: Json, name_of: Callable[[str], str]) -> str:
    return seen(text["text"], name_of) if text["type"] == "mrkdwn" else str(text["text"])


def _seen_rich(part: Json, name_of: Callable[[str], str]) -> str:
    kind = part["type"]
    if kind == "rich_text_list":
        return "\n".join(f"• {_seen_rich(item, name_of)}" for item in part["elements"])
    if kind.startswith("rich_text_"):
        return "".join(_seen_rich(item, name_of) for item in part["elements"])
    if kind == "user":
        return f"@{name_of(part['user_id'])}"
    if kind == "broadcast":
        return f"@{part['range']}"
    if kind == "channel":
        return f"#{part['channel_id']}"
    if kind == "emoji":
        return f":{part['name']}:"
    return str(part.get("text") or part.get("url") or part.get("fallback") or "")
