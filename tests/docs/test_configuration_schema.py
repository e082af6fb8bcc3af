"""``docs/config.schema.json`` is what the settings say, and an editor that uses it agrees with the program."""

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from ruamel.yaml import YAML

from settings import ConfigError, load
from settings.document import parse
from settings.schema import json_schema
from tests.docs.test_configuration_docs import KEYS, SHIPPED, SWITCHED_ON, code, documented, with_key

ROOT = Path(__file__).parents[2]
EDITOR = jsonschema_rs.Draft202012Validator(json_schema())
START = "office: {name: URP}\nhours: {mon: 08:30-13:00}\n"


def test_the_one_shipped_is_current() -> None:
    assert json.loads((ROOT / "docs" / "config.schema.json").read_text()) == json_schema()


def test_the_file_shipped_names_it() -> None:
    first, _, _ = SHIPPED.partition("\n")
    assert (ROOT / first.removeprefix("# yaml-language-server: $schema=")).is_file()


@pytest.mark.parametrize("text", [SHIPPED, SWITCHED_ON, START], ids=["shipped", "switched on", "minimal"])
def test_it_accepts_what_the_program_accepts(text: str) -> None:
    assert [str(fault) for fault in EDITOR.iter_errors(parse(text).value)] == []


@pytest.mark.parametrize("key", KEYS)
def test_it_accepts_every_example_of_the_documentation(tmp_path: Path, key: str) -> None:
    with_key(tmp_path, key, code(documented()[key][1]))
    whole = parse((tmp_path / "config.yaml").read_text()).value
    assert [str(fault) for fault in EDITOR.iter_errors(whole)] == []


@pytest.mark.parametrize(
    "lines",
    [
        "hour: {}",
        "server: {prot: 80}",
        "server: {port: 70000}",
        "server: {allowed_origins: [www.comune.example]}",
        "office: {name: URP, language: xx}",
        "office: {name: URP, when_closed: shut}",
        "office: {}",
        "hours: {mon: 8-13}",
        "hours: {mon: 08:30-25:00}",
        "hours: {mon: 08:75-12:00}",
        "hours: {closed: [{on: 24/12/2026}]}",
        "hours: {closed: {on: 2026-12-24}}",
        "hours: {open: [{on: 2026-12-05}]}",
        "hours: {seasons: [{from: 06-01}]}",
        "hours: {holidays: {country: Italia}}",
        "hours: {calendars: [chiusure.pdf]}",
        "waiting: {nobody_answers_after: 3}",
        "waiting: {nobody_answers_after: soon}",
        "limits: {per_address: 60}",
        "limits: none",
        "bridges: {slack: {channel: '#urp'}}",
        "bridges: {telegram: {chat: 12}}",
        "departments: [{when: {page: '*/x/*'}}]",
        "replies: [{name: orari}]",
    ],
)
def test_it_refuses_what_the_program_refuses(tmp_path: Path, lines: str) -> None:
    whole: dict[str, Any] = {"office": {"name": "URP"}, "hours": {}} | parse(lines).value
    path = tmp_path / "config.yaml"
    with path.open("w") as file:
        YAML().dump(whole, file)
    with pytest.raises(ConfigError):
        load(path)
    assert not EDITOR.is_valid(whole)
