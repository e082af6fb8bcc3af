"""Block Kit's rules: what Slack refuses as `invalid_blocks`, with the reason and the place.

Limits: docs.slack.dev/reference/block-kit. The total of about 13,200 characters is not documented; it is
what users report (bolt-js#2509).
"""

from collections.abc import Callable, Iterable
from typing import Any

from .errors import SlackError
from .records import Json
from .rich_text import check_rich_text

MAX_BLOCKS = 50
MAX_BLOCKS_IN_VIEW = 100
MAX_TOTAL_CHARACTERS = 13_200
MAX_MARKDOWN = 12_000
MAX_SECTION_TEXT = 3_000
MAX_FIELDS = 10
MAX_FIELD_TEXT = 2_000
MAX_HEADER = 150
MAX_CONTEXT_ELEMENTS = 10
MAX_ACTIONS = 25
MAX_BUTTON_TEXT = 75
MAX_VALUE = 2_000
MAX_ID = 255
MAX_OPTIONS = 100
MAX_OPTION_VALUE = 150
MAX_URL = 3_000


class BlockChecker:
    """Collects the faults of a list of blocks; each names its place as a JSON pointer."""

    def __init__(self) -> None:
        self.faults: list[str] = []

    def fault(self, what: str, where: str) -> None:
        """Note one fault."""
        self.faults.append(f"[ERROR] {what} [json-pointer:{where}]")

    def keys(self, thing: Json, where: str, needed: Iterable[str], allowed: Iterable[str] = ()) -> bool:
        """Refuse missing and unknown keys; False when something needed is missing."""
        needed = set(needed) | {"type"}
        for key in sorted(thing.keys() - needed - set(allowed)):
            self.fault(f"invalid additional property: {key}", where)
        missing = sorted(needed - thing.keys())
        for key in missing:
            self.fault(f"missing required field: {key}", where)
        return not missing

    def string(self, value: Any, where: str, most: int, least: int = 1) -> None:
        """A string of `least` to `most` characters."""
        if not isinstance(value, str):
            self.fault("must be a string", where)
        elif len(value) < least:
            self.fault(f"must be more than {least - 1} characters", where)
        elif len(value) > most:
            self.fault(f"must be less than {most + 1} characters", where)

    def items(self, value: Any, where: str, most: int, least: int = 1) -> list[Json]:
        """A list of `least` to `most` objects that have a type; what is not one is noted and left out."""
        if not isinstance(value, list):
            self.fault("must be an array", where)
            return []
        if not least <= len(value) <= most:
            self.fault(f"must have between {least} and {most} items", where)
        good = [item for item in value if isinstance(item, dict) and isinstance(item.get("type"), str)]
        if len(good) < len(value):
            self.fault("items must be objects with a type", where)
        return good

    def text(self, value: Any, where: str, most: int, plain_only: bool = False) -> None:
        """A text object: `plain_text`, or `mrkdwn` where that is allowed."""
        if not isinstance(value, dict) or value.get("type") not in ("plain_text", "mrkdwn"):
            self.fault("must be a text object: plain_text or mrkdwn", where)
            return
        if plain_only and value["type"] != "plain_text":
            self.fault("must be a valid plain_text", where)
        extra = {"emoji"} if value["type"] == "plain_text" else {"verbatim"}
        if self.keys(value, where, {"text"}, extra):
            self.string(value["text"], f"{where}/text", most)


def check_blocks(blocks: Any, in_view: bool = False) -> list[Json]:
    """Return the blocks when Slack would take them; raises `SlackError` when not.

    Errors: `invalid_blocks_format` (no list), `invalid_blocks` (a rule is broken),
    `msg_blocks_too_long` (too much text in all).
    """
    if not isinstance(blocks, list):
        raise SlackError("invalid_blocks_format")
    checker = BlockChecker()
    good = checker.items(blocks, "/blocks", MAX_BLOCKS_IN_VIEW if in_view else MAX_BLOCKS, least=0)
    ids: set[str] = set()
    for number, block in enumerate(good):
        where = f"/blocks/{number}"
        rule = _BLOCKS.get(block["type"])
        if rule is None or (block["type"] == "input" and not in_view):
            checker.fault(f"unsupported type: {block['type']}", where)
            continue
        rule(checker, block, where)
        if "block_id" in block:
            checker.string(block["block_id"], f"{where}/block_id", MAX_ID)
            if block["block_id"] in ids:
                checker.fault("`block_id` already exists", f"{where}/block_id")
            ids.add(str(block["block_id"]))
    if checker.faults:
        raise SlackError("invalid_blocks", response_metadata={"messages": checker.faults})
    if not in_view and _characters(good) > MAX_TOTAL_CHARACTERS:
        raise SlackError("msg_blocks_too_long")
    return good


def _characters(value: Any) -> int:
    if isinstance(value, list):
        return sum(map(_characters, value))
    if isinstance(value, dict):
        own = len(value["text"]) if isinstance(value.get("text"), str) else 0
        return own + sum(_characters(inner) for inner in value.values() if not isinstance(inner, str))
    return 0


def _section(c: BlockChecker, block: Json, where: str) -> None:
    c.keys(block, where, (), {"text", "fields", "accessory", "block_id", "expand"})
    if "text" not in block and "fields" not in block:
        c.fault("missing required field: text or fields", where)
    if "text" in block:
        c.text(block["text"], f"{where}/text", MAX_SECTION_TEXT)
    if "fields" in block:
        for n, field in enumerate(c.items(block["fields"], f"{where}/fields", MAX_FIELDS)):
            c.text(field, f"{where}/fields/{n}", MAX_FIELD_TEXT)
    if "accessory" in block:
        _elements(c, [block["accessory"]], f"{where}/accessory", {*_ELEMENTS, "image"})


def _divider(c: BlockChecker, block: Json, where: str) -> None:
    c.keys(block, where, (), {"block_id"})


def _header(c: BlockChecker, block: Json, where: str) -> None:
    if c.keys(block, where, {"text"}, {"block_id", "level"}):
        c.text(block["text"], f"{where}/text", MAX_HEADER, plain_only=True)


def _context(c: BlockChecker, block: Json, where: str) -> None:
    if not c.keys(block, where, {"elements"}, {"block_id"}):
        return
    for n, element in enumerate(c.items(block["elements"], f"{where}/elements", MAX_CONTEXT_ELEMENTS)):
        if element["type"] == "image":
            _image(c, element, f"{where}/elements/{n}")
        else:
            c.text(element, f"{where}/elements/{n}", MAX_SECTION_TEXT)


def _actions(c: BlockChecker, block: Json, where: str) -> None:
    if c.keys(block, where, {"elements"}, {"block_id"}):
        elements = c.items(block["elements"], f"{where}/elements", MAX_ACTIONS)
        _elements(c, elements, f"{where}/elements", set(_ELEMENTS))


def _image(c: BlockChecker, block: Json, where: str) -> None:
    c.keys(block, where, {"alt_text", "image_url"}, {"block_id", "title"})


def _rich(c: BlockChecker, block: Json, where: str) -> None:
    if c.keys(block, where, {"elements"}, {"block_id"}):
        check_rich_text(c, c.items(block["elements"], f"{where}/elements", 1_000), f"{where}/elements")


def _markdown(c: BlockChecker, block: Json, where: str) -> None:
    if c.keys(block, where, {"text"}, {"block_id"}):
        c.string(block["text"], f"{where}/text", MAX_MARKDOWN)


def _input(c: BlockChecker, block: Json, where: str) -> None:
    allowed = {"block_id", "hint", "optional", "dispatch_action"}
    if c.keys(block, where, {"label", "element"}, allowed):
        c.text(block["label"], f"{where}/label", 2_000, plain_only=True)
        _elements(c, [block["element"]], f"{where}/element", {*_ELEMENTS, "plain_text_input"})


_BLOCKS: dict[str, Callable[[BlockChecker, Json, str], None]] = {
    "section": _section,
    "divider": _divider,
    "header": _header,
    "context": _context,
    "actions": _actions,
    "image": _image,
    "rich_text": _rich,
    "markdown": _markdown,
    "input": _input,
}


def _elements(c: BlockChecker, elements: list[Any], where: str, allowed: set[str]) -> None:
    seen: set[str] = set()
    for n, element in enumerate(elements):
        place = f"{where}/{n}"
        kind = element.get("type") if isinstance(element, dict) else None
        if kind not in allowed:
            c.fault(f"unsupported type: {kind}", place)
        elif kind == "image":
            _image(c, element, place)
        else:
            action = element.get("action_id")
            if action is not None:
                c.string(action, f"{place}/action_id", MAX_ID)
                if action in seen:
                    c.fault(f"`action_id` already exists: {action}", place)
                seen.add(str(action))
            _ELEMENTS.get(kind, _text_input)(c, element, place)


def _button(c: BlockChecker, element: Json, where: str) -> None:
    allowed = {"action_id", "value", "url", "style", "confirm", "accessibility_label"}
    if c.keys(element, where, {"text"}, allowed):
        c.text(element["text"], f"{where}/text", MAX_BUTTON_TEXT, plain_only=True)
    if "value" in element:
        c.string(element["value"], f"{where}/value", MAX_VALUE, least=0)
    if "url" in element:
        c.string(element["url"], f"{where}/url", MAX_URL)
    if element.get("style", "primary") not in ("primary", "danger"):
        c.fault("must be primary or danger", f"{where}/style")
    if "confirm" in element:
        _confirm(c, element["confirm"], f"{where}/confirm")


def _confirm(c: BlockChecker, confirm: Any, where: str) -> None:
    if not isinstance(confirm, dict):
        c.fault("must be an object", where)
        return
    for key, most in (("title", 100), ("text", 300), ("confirm", 30), ("deny", 30)):
        if key not in confirm:
            c.fault(f"missing required field: {key}", where)
        else:
            c.text(confirm[key], f"{where}/{key}", most, plain_only=key != "text")


def _select(c: BlockChecker, element: Json, where: str) -> None:
    allowed = {"action_id", "placeholder", "initial_option", "confirm", "focus_on_load"}
    if c.keys(element, where, {"options"}, allowed):
        _options(c, element["options"], f"{where}/options", MAX_OPTIONS)
    if "placeholder" in element:
        c.text(element["placeholder"], f"{where}/placeholder", 150, plain_only=True)
    if "confirm" in element:
        _confirm(c, element["confirm"], f"{where}/confirm")


def _overflow(c: BlockChecker, element: Json, where: str) -> None:
    if c.keys(element, where, {"options"}, {"action_id", "confirm"}):
        _options(c, element["options"], f"{where}/options", 5)


def _options(c: BlockChecker, options: Any, where: str, most: int) -> None:
    if not isinstance(options, list) or not 1 <= len(options) <= most:
        c.fault(f"must have between 1 and {most} items", where)
        return
    for n, option in enumerate(options):
        if not isinstance(option, dict) or not {"text", "value"} <= option.keys():
            c.fault("must be an option with text and value", f"{where}/{n}")
            continue
        c.text(option["text"], f"{where}/{n}/text", 75)
        c.string(option["value"], f"{where}/{n}/value", MAX_OPTION_VALUE)


def _users_select(c: BlockChecker, element: Json, where: str) -> None:
    c.keys(element, where, (), {"action_id", "placeholder", "initial_user", "confirm", "focus_on_load"})


def _text_input(c: BlockChecker, element: Json, where: str) -> None:
    allowed = {"action_id", "initial_value", "multiline", "min_length", "max_length", "placeholder"}
    c.keys(element, where, (), {*allowed, "dispatch_action_config", "focus_on_load"})


_ELEMENTS: dict[str, Callable[[BlockChecker, Json, str], None]] = {
    "button": _button,
    "static_select": _select,
    "overflow": _overflow,
    "users_select": _users_select,
}
