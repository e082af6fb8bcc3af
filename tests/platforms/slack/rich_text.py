"""The rules of a rich_text block's inside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .records import Json

if TYPE_CHECKING:
    from .blocks import BlockChecker

_STYLES = {"bold", "italic", "strike", "code", "underline", "highlight", "client_highlight", "unlink"}
_CONTAINERS = {
    "rich_text_section": set[str](),
    "rich_text_preformatted": {"border", "language"},
    "rich_text_quote": {"border"},
    "rich_text_list": {"style", "indent", "offset", "border"},
}
_INLINE: dict[str, tuple[set[str], set[str]]] = {
    "text": ({"text"}, {"style"}),
    "link": ({"url"}, {"text", "style", "unsafe"}),
    "emoji": ({"name"}, {"unicode", "style", "url"}),
    "user": ({"user_id"}, {"style"}),
    "channel": ({"channel_id"}, {"style"}),
    "usergroup": ({"usergroup_id"}, {"style"}),
    "broadcast": ({"range"}, {"style"}),
    "color": ({"value"}, set()),
    "date": ({"timestamp", "format"}, {"url", "fallback"}),
}


def check_rich_text(c: BlockChecker, parts: list[Json], where: str) -> None:
    """Note the faults of the parts of a rich_text block in `c`."""
    for number, part in enumerate(parts):
        place = f"{where}/{number}"
        kind = part["type"]
        if kind not in _CONTAINERS:
            c.fault(f"unsupported type: {kind}", place)
            continue
        if not c.keys(part, place, {"elements"}, _CONTAINERS[kind]):
            continue
        inside = c.items(part["elements"], f"{place}/elements", 10_000, least=0)
        if kind == "rich_text_list":
            if part.get("style") not in ("bullet", "ordered"):
                c.fault("must be bullet or ordered", f"{place}/style")
            check_rich_text(c, inside, f"{place}/elements")
        else:
            for n, element in enumerate(inside):
                _inline(c, element, f"{place}/elements/{n}")


def _inline(c: BlockChecker, element: Json, where: str) -> None:
    rule = _INLINE.get(element["type"])
    if rule is None:
        c.fault(f"unsupported type: {element['type']}", where)
        return
    if not c.keys(element, where, *rule):
        return
    if element["type"] == "text":
        c.string(element["text"], f"{where}/text", 1_000_000)
    if element["type"] == "broadcast" and element["range"] not in ("here", "channel", "everyone"):
        c.fault("must be here, channel or everyone", f"{where}/range")
    style = element.get("style", {})
    if not isinstance(style, dict) or not style.keys() <= _STYLES:
        c.fault("unknown style", f"{where}/style")
