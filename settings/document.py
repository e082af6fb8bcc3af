"""The file as plain values, with the place of each key and value.

ruamel.yaml reads it by YAML 1.2, in which ``on:`` and ``NO`` are text; values are taken as they are written,
so that ``09-08`` and ``2026-12-24`` stay what the administrator sees.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from settings.faults import Unfit
from settings.syntax import complaint

Location = tuple[str | int, ...]
Place = tuple[int, int]
"""Line and column, from 1."""

MOST_NODES = 20_000
"""Keys, values and lists in one file: a town with a hundred departments has two thousand."""
DEEPEST = 30
"""Levels of nesting; the contract has five."""
_TAGS = "tag:yaml.org,2002:"
_NUMBER = re.compile(r"[-+]?[0-9]{1,18}")


class SyntaxFault(Exception):
    """The text cannot be taken apart; only one such fault can be told at a time."""

    def __init__(self, place: Place, unfit: Unfit) -> None:
        super().__init__(str(unfit))
        self.place = place
        self.unfit = unfit


@dataclass(slots=True)
class Document:
    """What stands in the file, and where.

    ``misfits`` are faults that YAML allows and this file may not have; what is ``unreadable`` has its fault
    there and needs no other.
    """

    value: Any = None
    keys: dict[Location, Place] = field(default_factory=dict)
    values: dict[Location, Place] = field(default_factory=dict)
    written: dict[Location, str] = field(default_factory=dict)
    misfits: list[tuple[Location, Place, Unfit]] = field(default_factory=list)
    unreadable: set[Location] = field(default_factory=set)
    nodes: int = 0

    def place(self, location: Location) -> Place:
        """Where a value stands, or its key where it has none, or the nearest key above."""
        if self.written.get(location) and location in self.values:
            return self.values[location]
        return self.key_place(location)

    def key_place(self, location: Location) -> Place:
        """Where a key stands, or the nearest one above that is there."""
        while location:
            if location in self.keys:
                return self.keys[location]
            location = location[:-1]
        return 1, 1

    def at(self, location: Location) -> Any:
        """The value at a location; None where there is nothing."""
        node = self.value
        for part in location:
            try:
                node = node[part]
            except (KeyError, IndexError, TypeError):
                return None
        return node


def parse(text: str) -> Document:
    """Take the text apart.

    Raises
    ------
    SyntaxFault
        If it is no YAML.
    """
    document = Document()
    try:
        root = YAML(typ="safe", pure=True).compose(text)
        if root is not None:
            document.value = _value(root, (), document)
    except MarkedYAMLError as error:
        raise SyntaxFault(*complaint(error, text)) from None
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise SyntaxFault((line, 1), Unfit("plain text", found="a character that is no text")) from None
    except RecursionError:
        raise SyntaxFault((1, 1), Unfit("a few levels of keys", found="far too many levels")) from None
    except (YAMLError, ValueError):
        raise SyntaxFault(
            (1, 1), Unfit("lines such as key: value", found="something that cannot be understood")
        ) from None
    return document


def _value(node: Node, location: Location, document: Document) -> Any:
    document.nodes += 1
    document.values[location] = place = _place(node)
    if document.nodes > MOST_NODES or len(location) > DEEPEST:
        raise SyntaxFault(
            place, Unfit("a page or two of keys", found="far too much (is something repeated with * ?)")
        )
    if isinstance(node, MappingNode):
        return _mapping(node, location, document)
    if isinstance(node, SequenceNode):
        items = []
        for index, item in enumerate(node.value):
            document.keys[(*location, index)] = _place(item)
            items.append(_value(item, (*location, index), document))
        return items
    return _scalar(node, location, document)


def _mapping(node: MappingNode, location: Location, document: Document) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in node.value:
        if not isinstance(key, ScalarNode):
            unfit = Unfit("the name of a key (a text that begins with { or [ needs quotes)", found="brackets")
            document.misfits.append((location, _place(key), unfit))
            continue
        here = (*location, str(key.value))
        if here in document.keys:
            unfit = Unfit(
                "it once", found=f"this key again (it stands in line {document.keys[here][0]}, too)"
            )
            document.misfits.append((here, _place(key), unfit))
            continue
        document.keys[here] = _place(key)
        found[str(key.value)] = _value(value, here, document)
    return found


def _scalar(node: Node, location: Location, document: Document) -> Any:
    text = str(node.value)
    document.written[location] = text
    tag = str(node.tag).removeprefix(_TAGS)
    if str(node.tag).startswith("!"):
        _unreadable(node, location, document, "an exclamation mark at the beginning")
    elif tag == "null":
        if node.anchor:
            _unreadable(node, location, document, "an & at the beginning")
        return None
    if tag == "bool":
        return text.lower() == "true"
    if tag == "int" and _NUMBER.fullmatch(text):
        return int(text)
    return text


def _unreadable(node: Node, location: Location, document: Document, found: str) -> None:
    document.unreadable.add(location)
    unfit = Unfit("quotes around a text that begins with it", found=found)
    document.misfits.append((location, _place(node), unfit))


def _place(node: Node) -> Place:
    return node.start_mark.line + 1, node.start_mark.column + 1
