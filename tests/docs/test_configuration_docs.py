"""``docs/configuration.md`` and the ``config.yaml`` shipped are complete and right about every key there is."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from settings import SUBJECT_TO_RESTART, Hours, Secrets, Settings, load
from settings.part import Part

ROOT = Path(__file__).parents[2]
DOCS = (ROOT / "docs" / "configuration.md").read_text()
SHIPPED = (ROOT / "config.yaml").read_text()
SWITCHED_ON = re.sub(r"(?m)^( *)#(?=\S)", r"\1", SHIPPED)
"""The shipped file with its examples, which begin with # and no blank, switched on."""
ROW = re.compile(r"^\| (`[a-z][^|]*`) \| (.+) \| (.+) \| (.+) \|$", re.MULTILINE)
MINIMAL: dict[str, Any] = {"office": {"name": "URP"}, "hours": {"mon": "08:30-13:00"}}
COMPANIONS: dict[str, dict[str, Any]] = {
    "bridges.slack": {"channel": "C0123456789"},
    "bridges.telegram": {"chat": -1001234567890},
    "bridges.email": {"server": "127.0.0.1", "from": "urp@comune.example"},
    "hours.holidays": {"country": "IT"},
    "departments[]": {"name": "Tributi"},
    "departments[].when": {"open": True},
    "replies[]": {"name": "a", "text": "b"},
    "faq[]": {"question": "a", "answer": "b"},
    "hours.seasons[]": {"from": "06-15", "to": "09-15"},
    "hours.open[]": {"on": "2026-01-02", "hours": "09:00-10:00"},
}
"""What must stand beside a key for it to mean anything."""


def keys(part: type[Part] = Settings, above: str = "") -> Iterator[str]:
    """Every key that has a value of its own: ``server.port``, ``departments[].when.page``."""
    for key in part.keys():  # noqa: SIM118 - not a dict
        section = part.section(key)
        listed = any(
            str(field.annotation).startswith("tuple[")
            for name, field in part.model_fields.items()
            if key == (field.alias or name)
        )
        if section is None or (
            section is Hours and above
        ):  # one row: its keys are those of the office's hours
            yield f"{above}{key}"
        else:
            yield from keys(section, f"{above}{key}{'[]' if listed else ''}.")


KEYS = sorted(keys())


def documented() -> dict[str, tuple[str, str]]:
    """Default and example of each key that has a row."""
    found = {}
    for names, _, default, example in ROW.findall(DOCS):
        for name in re.findall(r"`([^`]+)`", names):
            found[name] = (default, example)
    return found


def code(cell: str) -> Any:
    """The value in a table's cell, as the file has it; None where it is only words."""
    match = re.fullmatch(r"`(.+)`", cell)
    return YAML(typ="rt").load(match[1]) if match else None


def with_key(folder: Path, key: str, value: Any) -> Settings:
    """A minimal configuration with one more key."""
    return _load(folder, _put(_copy(MINIMAL), key, value))


def without_key(folder: Path, key: str, value: Any) -> Settings:
    """The same without it, but with what must stand beside it."""
    whole = _put(_copy(MINIMAL), key, value)
    *above, last = _steps(key)
    node: Any = whole
    for step in above:
        node = node[step]
    del node[last]
    return _load(folder, whole)


def _copy(value: Any) -> Any:
    return {key: _copy(inner) for key, inner in value.items()} if isinstance(value, dict) else value


def _steps(key: str) -> list[str | int]:
    steps: list[str | int] = []
    for part in key.split("."):
        steps.append(part.removesuffix("[]"))
        if part.endswith("[]"):
            steps.append(0)
    return steps


def _put(whole: dict[str, Any], key: str, value: Any) -> dict[str, Any]:
    node: Any = whole
    path: list[str] = []
    for part in key.split(".")[:-1]:
        path.append(part)
        beside = COMPANIONS.get(".".join(path), {})
        if part.endswith("[]"):
            node = node.setdefault(part[:-2], [dict(beside)])[0]
        else:
            node = node.setdefault(part, dict(beside))
    node[key.split(".")[-1]] = value
    if key == "waiting.escalate_to":
        whole["departments"] = [{"name": value}]
    if key == "hours.open[].every":
        del node["on"]
    if key.removeprefix("hours.closed[].") in ("from", "to", "hours", "reason"):
        for name, day in (("from", "2026-12-24"), ("to", "2026-12-26")):
            node.setdefault(name, day)
    return whole


def _load(folder: Path, whole: dict[str, Any]) -> Settings:
    path = folder / "config.yaml"
    with path.open("w", encoding="utf-8") as file:
        YAML().dump(whole, file)
    return load(path)


@pytest.mark.parametrize("key", KEYS)
def test_every_key_has_its_row(key: str) -> None:
    assert key in documented()


def test_no_row_is_about_a_key_that_is_not_there() -> None:
    assert set(documented()) - set(KEYS) == set()


@pytest.mark.parametrize("key", KEYS)
def test_every_example_works(tmp_path: Path, key: str) -> None:
    assert with_key(tmp_path, key, code(documented()[key][1]))


@pytest.mark.parametrize("key", [key for key in KEYS if documented().get(key, ("",))[0].startswith("`")])
def test_every_default_is_the_real_one(tmp_path: Path, key: str) -> None:
    default, example = (code(cell) for cell in documented()[key])
    assert with_key(tmp_path, key, default) == without_key(tmp_path, key, default)
    assert with_key(tmp_path, key, example) != with_key(tmp_path, key, default)


@pytest.mark.parametrize("name", SUBJECT_TO_RESTART)
def test_every_key_that_needs_a_restart_is_said_to(name: str) -> None:
    paragraph = next(text for text in DOCS.split("\n\n") if "only at the next start" in text)
    assert f"`{name}`" in paragraph.replace("\n", " ")


@pytest.mark.parametrize("name", [name.upper() for name in Secrets.model_fields])
def test_every_secret_has_its_row(name: str) -> None:
    assert f"\n| `{name}` | " in DOCS


@pytest.mark.parametrize("key", KEYS)
def test_every_key_is_in_the_file_shipped_or_an_example_in_it(key: str) -> None:
    if key == "hours.holidays.subdivision":
        assert "{country: IT, subdivision: FI}" in SHIPPED  # in words: it would close this office once more
        return
    assert list(_found(YAML(typ="rt").load(SWITCHED_ON), key.split(".")))


def _found(node: Any, path: list[str]) -> Iterator[Any]:
    """What stands under a key, in any entry of the lists on the way."""
    for item in node if isinstance(node, list) else [node]:
        if isinstance(item, dict) and path[0].removesuffix("[]") in item:
            inner = item[path[0].removesuffix("[]")]
            if len(path) == 1:
                yield inner
            else:
                yield from _found(inner, path[1:])


def test_the_examples_in_the_file_shipped_work_when_they_are_switched_on(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(SWITCHED_ON)
    found = load(path)
    assert found.bridges.slack
    assert found.bridges.telegram
    assert len(found.departments) == 6
    assert len(found.replies) == 2


def test_the_faults_shown_are_told_so(tmp_path: Path) -> None:
    shown = re.search(r"```text\n(.+?)```", DOCS, re.DOTALL)
    assert shown is not None
    lines = [""] * 40
    lines[0:2] = ["office: {name: URP}", "bridges: {}"]
    lines[12:14] = ["server:", "  prot: 80"]
    lines[20:22] = ["hours:", "  mon: 8-13"]
    lines[28:31] = ["departments:", "  - {name: Anagrafe}", "  - {name: Anagrafe}"]
    path = tmp_path / "config.yaml"
    path.write_text("\n".join(lines))
    with pytest.raises(Exception, match="did you mean port") as refused:
        load(path)
    assert str(refused.value).replace(f"{tmp_path}/", "") == shown[1].strip()
