"""``docs/operators.md`` names tests that are there, and every command an operator can give."""

import ast
import re
from pathlib import Path

import pytest

from routing import commands
from settings.replies import PLACEHOLDERS

ROOT = Path(__file__).parents[2]
DOCS = (ROOT / "docs" / "operators.md").read_text()
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", DOCS)))


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_a_gesture_is_shown_by_a_test_that_exists(path: str, name: str) -> None:
    functions = [
        node.name
        for node in ast.walk(ast.parse((ROOT / path).read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert name in functions


def test_every_row_of_a_gesture_names_a_test() -> None:
    rows = [line for line in DOCS.splitlines() if line.startswith("|") and "---" not in line]
    gestures = [row for row in rows if row.count("|") >= 4 and "shown by" not in row]
    signs = [row for row in gestures if row.split("|")[1].strip() in ("🟡", "🟢", "🟠", "✅", "➡️")]
    assert len(gestures) > 20
    assert [row for row in gestures if "::" not in row and row not in signs] == []


@pytest.mark.parametrize("name", commands.NAMES)
def test_every_command_is_there(name: str) -> None:
    assert f"`!{name}" in DOCS


@pytest.mark.parametrize("name", PLACEHOLDERS)
def test_every_placeholder_is_there(name: str) -> None:
    assert f"`{{{name}}}`" in DOCS
