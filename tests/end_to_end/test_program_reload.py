"""Editing ``config.yaml`` while the office is open: what is good is in force at once, what is broken is refused."""

import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.citizen import Citizen
from tests.hub import ALWAYS
from tests.program import Program

IN_FORCE = "config.yaml was read again and is in force"
REFUSED = "config.yaml was not taken over: the configuration before it stays in force"
NEVER = {"mon": "00:00-00:01", "closed": [{"from": "2020-01-01", "to": "2099-12-31", "reason": "Trasloco"}]}


@pytest_asyncio.fixture
async def program(tmp_path: Path) -> AsyncIterator[Program]:
    """A program that serves."""
    program = Program(tmp_path)
    await program.start()
    yield program
    await program.end()


async def status(program: Program) -> dict[str, Any]:
    """What the button is told."""
    async with httpx.AsyncClient() as http:
        found: dict[str, Any] = (await http.get(f"{program.url}/api/status?lang=it")).json()
    return found


def in_place(config: Path, text: str) -> None:
    config.write_text(text)


def replaced(config: Path, text: str) -> None:
    other = config.with_name("config.yaml~")
    other.write_text(text)
    other.replace(config)


def in_two_steps(config: Path, text: str) -> None:
    with config.open("w") as file:
        file.write(text[: len(text) // 2])
        file.flush()
        file.write(text[len(text) // 2 :])


def taken_away_first(config: Path, text: str) -> None:
    config.unlink()
    config.write_text(text)


@pytest.mark.parametrize("save", [in_place, replaced, in_two_steps, taken_away_first])
async def test_open_pages_hear_of_new_hours_however_the_editor_saves(
    program: Program, save: Callable[[Path, str], None]
) -> None:
    async with Citizen(program.url) as citizen:
        await citizen.start("Buongiorno")
        async with citizen.listening() as stream:
            changed = json.loads(program.config.read_text()) | {"hours": NEVER}
            save(program.config, json.dumps(changed, ensure_ascii=False))
            told = await stream.next("status")
    assert told.data["open"] is False
    assert (await status(program))["open"] is False
    assert REFUSED not in program.errors.decode()


async def test_a_broken_edit_is_refused_in_words_and_the_good_one_stays(program: Program) -> None:
    good = program.config.read_text()
    before = len(program.errors)
    program.config.write_text(good.replace('"mon": "00:00-24:00"', '"mon": "08:30-25:00"'))
    words = await program.logged(REFUSED, after=before)
    line = next(n for n, text in enumerate(good.splitlines(), 1) if '"mon"' in text)
    assert f"{program.config}:{line}: hours.mon: found “08:30-25:00”, expected " in words
    assert (await status(program))["open"] is True
    program.rewrite(hours=NEVER)  # and what comes after it is heard
    await program.logged(IN_FORCE, after=before)
    assert (await status(program))["open"] is False


async def test_a_file_that_stays_away_is_told_and_taken_up_when_it_is_back(program: Program) -> None:
    good = program.config.read_text()
    before = len(program.errors)
    program.config.unlink()
    assert "found no such file" in await program.logged(REFUSED, after=before)
    program.config.write_text(good)
    program.rewrite(hours=NEVER)
    await program.logged(IN_FORCE, after=before)
    assert (await status(program))["open"] is False


async def test_departments_limits_and_allowed_origins_are_in_force_without_a_restart(
    program: Program,
) -> None:
    before = len(program.errors)
    server = json.loads(program.config.read_text())["server"]
    program.rewrite(
        departments=[{"name": "Anagrafe"}],
        limits={"per_address": "1/min"},
        server=server | {"allowed_origins": ["https://altro.example"]},
    )
    words = await program.logged(IN_FORCE, after=before)
    assert "next start" not in words
    assert "Anagrafe" in json.dumps((await status(program))["departments"])
    async with Citizen(program.url) as citizen:
        answer = await citizen.http.get("/api/openapi.json", headers={"Origin": "https://altro.example"})
        assert answer.headers["Access-Control-Allow-Origin"] == "https://altro.example"
        assert (await citizen.start("uno")).status_code == 201
        assert (await citizen.start("due")).status_code == 429


async def test_what_needs_a_restart_is_said_and_the_rest_is_in_force(program: Program) -> None:
    before = len(program.errors)
    server = json.loads(program.config.read_text())["server"]
    program.rewrite(hours=NEVER, server=server | {"port": 1})
    words = await program.logged(IN_FORCE, after=before)
    assert "server.port takes effect at the next start" in words
    assert (await status(program))["open"] is False


async def test_a_changed_env_file_is_said_to_need_a_restart_without_its_values(
    program: Program, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("TELEGRAM_BOT_TOKEN=123456:quite-secret-indeed\n")
    words = await program.logged(".env: TELEGRAM_BOT_TOKEN takes effect at the next start")
    assert "quite-secret" not in words
    assert "SLACK" not in words


async def test_the_time_of_the_file_alone_changes_nothing(program: Program) -> None:
    before = len(program.errors)
    program.config.touch()
    program.rewrite(hours=ALWAYS, office={"name": "URP di Altrove"})
    words = await program.logged(IN_FORCE, after=before)
    assert words.count(IN_FORCE) == 1
