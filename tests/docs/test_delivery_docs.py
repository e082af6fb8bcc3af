"""``docs/delivery.md`` names tests that are there, and every kind of problem that health can tell."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = (ROOT / "docs" / "delivery.md").read_text()
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", DOCS)


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_a_fault_is_shown_by_a_test_that_exists(path: str, name: str) -> None:
    functions = [
        node.name
        for node in ast.walk(ast.parse((ROOT / path).read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert name in functions


def test_the_fifteen_public_failures_each_have_a_test() -> None:
    rows = re.findall(r"^\| (\d+)\. .+ \| `tests/.+` \|$", DOCS, re.MULTILINE)
    assert [int(number) for number in rows] == list(range(1, 16))


def test_every_kind_of_problem_is_told() -> None:
    sources = [path.read_text() for path in (ROOT / "bridges").rglob("*.py")]
    kinds = {kind for source in sources for kind in re.findall(r'Problem\(\s*"(\w+)"', source)}
    assert kinds
    assert [kind for kind in sorted(kinds) if f"`{kind}`" not in DOCS] == []
