"""Puts a bridge into the text of ``config.yaml``: what else stands there stays as it is, to the letter.

ruamel.yaml says where each thing stands, and only those places are changed. To let it write the whole file
would keep the comments, too, but not the lines as the administrator laid them out.
"""

import copy
import json
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode

from settings.document import SyntaxFault, parse

Values = dict[str, str | int]
"""What stands under a bridge's name: its channel or chat, and the address of a server of one's own."""


class NotEdited(Exception):
    """The file is laid out in a way that cannot be changed without touching something else."""


def with_bridge(text: str, platform: str, values: Values) -> str:
    """``text`` with these values under ``bridges.<platform>``, and nothing else changed.

    Raises
    ------
    NotEdited
        If that is not possible.
    """
    try:
        root = YAML(typ="safe", pure=True).compose(text)
        wanted = copy.deepcopy(parse(text).value)
        edited = _edited(text, root, platform, values)
        if parse(edited).value == _with(wanted, platform, values):
            return edited
    except (YAMLError, SyntaxFault, ValueError, TypeError, AttributeError):
        pass
    raise NotEdited


def lines_for(platform: str, values: Values) -> str:
    """The lines as one would write them by hand."""
    return f"bridges:\n  {platform}: {_flow(values)}"


def _with(whole: Any, platform: str, values: Values) -> Any:
    bridges = whole["bridges"] = whole.get("bridges") or {}
    bridges[platform] = (bridges.get(platform) or {}) | values
    return whole


def _edited(text: str, root: MappingNode, platform: str, values: Values) -> str:
    quoted = bool(root.value) and root.value[0][0].style == '"'
    bridge = f"{_name(platform, quoted)}: {_flow(values, quoted)}"
    above = _entry(root, "bridges")
    if above is None:
        return _appended(text, root, f"{_name('bridges', quoted)}:", bridge)
    key, bridges = above
    if not isinstance(bridges, MappingNode):
        return _below(text, key, bridges, bridge)
    entry = _entry(bridges, platform)
    if entry is None:
        return _inserted(text, bridges, bridge)
    key, section = entry
    if not isinstance(section, MappingNode):
        return _after(text, key, section, _flow(values, quoted))
    for name, value in values.items():  # the places of those still to come are looked up anew
        found = _entry(section, name)
        written = _written(value, quoted)
        if found is None:
            text = _inserted(text, section, f"{_name(name, quoted)}: {written}")
        else:
            text = _replaced(text, found[1], written)
        section = _section(text, platform)
    return text


def _section(text: str, platform: str) -> MappingNode:
    node: Node = YAML(typ="safe", pure=True).compose(text)
    for name in ("bridges", platform):
        found = _entry(node, name)
        assert found is not None
        node = found[1]
    assert isinstance(node, MappingNode)
    return node


def _entry(mapping: Node, name: str) -> tuple[ScalarNode, Node] | None:
    return next(((key, value) for key, value in mapping.value if key.value == name), None)


def _flow(values: Values, quoted: bool = False) -> str:
    pairs = (f"{_name(name, quoted)}: {_written(value, quoted)}" for name, value in values.items())
    return f"{{{', '.join(pairs)}}}"


def _name(name: str, quoted: bool) -> str:
    return json.dumps(name) if quoted else name


def _written(value: str | int, quoted: bool) -> str:
    if isinstance(value, int):
        return str(value)
    return json.dumps(value) if quoted or not value.isalnum() else value


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _appended(text: str, root: MappingNode, head: str, bridge: str) -> str:
    """A section of its own at the end of the file, or first within the brackets."""
    if root.flow_style:
        return _inserted(text, root, f"{head} {{{bridge}}}")
    end, margin = _newline(text), " " * root.value[0][0].start_mark.column
    whole = text if text.endswith("\n") else text + end
    return f"{whole}{end}{margin}{head}{end}{margin}  {bridge}{end}"


def _inserted(text: str, mapping: MappingNode, entry: str) -> str:
    """Before the mapping's first key: after its last there may be comments that belong to what follows."""
    if not mapping.value:
        return _replaced(text, mapping, f"{{{entry}}}")
    first = mapping.value[0][0].start_mark
    after = ", " if mapping.flow_style else f"{_newline(text)}{' ' * first.column}"
    return text[: first.index] + entry + after + text[first.index :]


def _below(text: str, key: ScalarNode, value: Node, entry: str) -> str:
    """On a line of its own below a key that has nothing; what explains the key stays beside it."""
    if value.value:  # a word for nothing, such as null
        return _replaced(text, value, f"{{{entry}}}")
    end = text.find("\n", key.end_mark.index)
    end = len(text) if end < 0 else end - (text[end - 1] == "\r")
    return f"{text[:end]}{_newline(text)}{' ' * (key.start_mark.column + 2)}{entry}{text[end:]}"


def _after(text: str, key: ScalarNode, value: Node, written: str) -> str:
    """Beside a key that has nothing."""
    if value.value:
        return _replaced(text, value, written)
    colon = text.index(":", key.end_mark.index) + 1
    return f"{text[:colon]} {written}{text[colon:]}"


def _replaced(text: str, node: Node, written: str) -> str:
    return text[: node.start_mark.index] + written + text[node.end_mark.index :]
