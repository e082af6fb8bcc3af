"""A town's record goes from its SQLite file into PostgreSQL whole, whatever comes between."""

import asyncio
import json
import sqlite3
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import pytest_asyncio

from models.carrying import BATCH, LOCK, every_table
from models.tables import Author, What
from running.parts import open_database
from tests.citizen import Citizen
from tests.postgres import PostgreSQL, postgresql
from tests.program import Program, Ran, run

MANY = 2 * BATCH + 500
"""Conversations: more than two transactions' worth."""

PASSWORD = "geheim-and-secret"


@pytest.fixture(scope="module", name="server")
def server_fixture() -> Iterator[PostgreSQL]:
    """A PostgreSQL of these tests' own."""
    with postgresql() as server:
        yield server


@pytest.fixture(name="target")
def target_fixture(server: PostgreSQL, tmp_path: Path) -> str:
    """A new, empty database."""
    return server.database_for(tmp_path)


@pytest_asyncio.fixture(name="program")
async def program_fixture(tmp_path: Path) -> AsyncIterator[Program]:
    """An office that has talked with a citizen, and is closed for the night."""
    program = Program(tmp_path)
    await program.start()
    async with Citizen(program.url) as citizen:
        await citizen.start("Dove si paga la TARI? 🏛")
        await citizen.say("È già la seconda volta che chiedo")
    assert await program.stop() == 0
    yield program
    await program.end()


def fill(program: Program) -> None:
    """Years of conversations."""
    with sqlite3.connect(program.config.parent / "data" / "linea.db") as database:
        database.executemany(
            "INSERT INTO conversation (id, kind, state, token_hash, lang, blocked, reminded, last_seq,"
            " created_at, updated_at) VALUES (?, 'chat', 'closed', '', 'it', 0, 0, 1, 5, 5)",
            [(f"k{number:05}",) for number in range(MANY)],
        )
        database.executemany(
            "INSERT INTO entry (conversation_id, seq, kind, origin, origin_key, author, text, data, created_at)"
            " VALUES (?, 1, ?, 'web', ?, ?, 'Città', '{\"è\": [1.5, null]}', 5)",
            [(f"k{n:05}", What.MESSAGE, f"k{n}", Author.VISITOR) for n in range(MANY)],
        )


async def move(program: Program, target: str) -> Ran:
    return await program.run("move", "--to", target)


def counts(program: Program, target: str) -> list[tuple[str, int, int]]:
    """Of each table: how many rows are in the file, and how many in PostgreSQL."""
    found = []
    with (
        sqlite3.connect(program.config.parent / "data" / "linea.db") as here,
        psycopg.connect(target) as there,
    ):
        for table in every_table():
            question = f'SELECT count(*) FROM "{table.name}"'  # noqa: S608
            in_file = here.execute(question).fetchone()[0]
            row = there.execute(question.encode()).fetchone()
            assert row is not None
            found.append((table.name, in_file, row[0]))
    return found


def exported(ran: Ran) -> dict[str, Any]:
    """What was written of each conversation."""
    assert ran.status == 0, ran.errors
    return {whole["id"]: whole for whole in map(json.loads, ran.out.splitlines())}


def refusal(ran: Ran) -> str:
    assert ran.status == 1
    assert "Traceback" not in ran.errors
    return ran.errors


async def test_what_was_said_is_there_and_the_office_goes_on_with_it(program: Program, target: str) -> None:
    before = exported(await program.run("export"))
    ran = await move(program, target)
    assert ran.status == 0, ran.errors
    assert all(here == there for _, here, there in counts(program, target))
    assert "\r" not in ran.errors  # a log gets whole lines
    assert f"DATABASE_URL={target}" in ran.out
    folder = program.config.parent
    assert f"stay in {folder}/data" in ran.out
    (folder / ".env").write_text(
        next(line for line in ran.out.splitlines() if line.startswith("DATABASE_URL="))
    )
    assert exported(await program.run("export")) == before
    with psycopg.connect(target) as connection:  # new rows get numbers that are free
        for name in ("entry", "delivery"):
            last = number(connection, f"SELECT coalesce(max(id), 0) FROM {name}")  # noqa: S608
            assert number(connection, f"SELECT nextval(pg_get_serial_sequence('{name}', 'id'))") > last
    await program.start()
    async with Citizen(program.url) as citizen:
        await citizen.start("E dopo il trasloco?")
        await citizen.say("Tutto bene")
    await program.stop()
    assert "Tutto bene" in (await program.run("export")).out


async def test_broken_off_in_the_middle_it_goes_on_where_it_was(program: Program, target: str) -> None:
    fill(program)
    await asyncio.to_thread(open_database, target)
    with psycopg.connect(target) as holding, psycopg.connect(target, autocommit=True) as watching:
        # Somebody's row under the key of one in the third thousand: the move waits for it, two thousand rows in.
        holding.execute(
            "INSERT INTO conversation (id, kind, state, token_hash, lang, blocked, reminded, last_seq,"
            " created_at, updated_at) VALUES (%s, '', '', '', '', false, false, 0, 0, 0)",
            [f"k{MANY - 100:05}"],
        )
        moving = await begin_move(program, target)
        while not somebody_waits(watching):
            assert moving.returncode is None
            await asyncio.sleep(0.05)
        moving.kill()
        await moving.wait()
        assert number(watching, "SELECT count(*) FROM conversation") == 2 * BATCH
        holding.rollback()
        # What the source no longer says, as after an office that worked in between.
        watching.execute("UPDATE conversation SET lang = 'xx' WHERE id = 'k00007'")
        watching.execute("INSERT INTO switch (id, open, by, set_at) VALUES (9, true, '', 0)")
    assert "was broken off: call ./linea move again" in refusal(await on(target, program, "serve"))
    ran = await move(program, target)
    assert ran.status == 0, ran.errors
    assert "going on where it was broken off" in ran.out
    assert f"entry: {MANY + 2} rows, the same on both sides" in ran.out
    assert all(here == there for _, here, there in counts(program, target))
    assert exported(await on(target, program, "export")) == exported(await program.run("export"))


async def test_called_once_more_it_says_that_everything_is_there(program: Program, target: str) -> None:
    assert (await move(program, target)).status == 0
    ran = await move(program, target)
    assert (ran.status, ran.errors) == (0, "")
    assert f"everything is at {target} already" in ran.out


async def test_a_target_that_holds_other_data_is_refused_and_left_alone(
    program: Program, target: str, tmp_path: Path
) -> None:
    with psycopg.connect(target) as theirs:
        theirs.execute("CREATE TABLE bookings (id INTEGER)")
    assert "it holds other data (in the table bookings)" in refusal(await move(program, target))
    with psycopg.connect(target) as theirs:
        theirs.execute("DROP TABLE bookings")
    assert (await move(program, target)).status == 0
    (tmp_path / "second").mkdir()
    second = Program(tmp_path / "second")
    await second.start()
    async with Citizen(second.url) as citizen:
        await citizen.start("Un altro comune")
    await second.stop()
    assert "it holds other data (in the table conversation)" in refusal(await move(second, target))
    assert all(here == there for _, here, there in counts(program, target))


async def test_an_unfinished_move_of_another_town_is_not_gone_on_with(program: Program, target: str) -> None:
    with psycopg.connect(target) as theirs:
        theirs.execute("CREATE TABLE unfinished_move (source TEXT NOT NULL)")
        theirs.execute("INSERT INTO unfinished_move VALUES ('/srv/other/linea.db')")
    assert "a move from /srv/other/linea.db into it was broken off" in refusal(await move(program, target))


async def test_two_moves_into_one_database_do_not_mix(program: Program, target: str) -> None:
    with psycopg.connect(target) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        assert "another move into it is under way" in refusal(await move(program, target))
    assert (await move(program, target)).status == 0


async def test_while_the_office_works_it_is_refused(program: Program, target: str) -> None:
    await program.start()
    assert "another Linea Diretta is running" in refusal(await move(program, target))
    await program.stop()


async def test_a_row_that_postgresql_refuses_is_named_and_kept(program: Program, target: str) -> None:
    fill(program)
    long = "x" * 17
    with sqlite3.connect(program.config.parent / "data" / "linea.db") as database:
        database.execute("UPDATE conversation SET lang = ? WHERE id = 'k01234'", (long,))
    words = refusal(await move(program, target))
    assert "conversation, id=k01234: the target refuses this row: value too long" in words
    with sqlite3.connect(program.config.parent / "data" / "linea.db") as database:
        assert database.execute("SELECT lang FROM conversation WHERE id = 'k01234'").fetchone() == (long,)
        database.execute("UPDATE conversation SET lang = 'it' WHERE id = 'k01234'")
    assert (await move(program, target)).status == 0


@pytest.mark.parametrize(
    ("to", "words"),
    [
        ("sqlite:///other.db", "--to: expected an address such as postgresql://"),
        (f"postgresql://linea:{PASSWORD}@[", "--to: expected an address such as postgresql://"),
        (f"postgresql://linea:{PASSWORD}@127.0.0.1:1/linea", "linea:***@127.0.0.1:1/linea: "),
    ],
)
async def test_a_target_that_cannot_be_is_told_without_its_password(
    program: Program, to: str, words: str
) -> None:
    ran = await move(program, to)
    assert words in refusal(ran)
    assert PASSWORD not in ran.errors + ran.out


async def test_the_password_is_never_shown(program: Program, target: str) -> None:
    ran = await move(program, target.replace("linea@", f"linea:{PASSWORD}@"))
    assert ran.status == 0, ran.errors
    assert PASSWORD not in ran.errors + ran.out
    assert "with the password in the place of ***" in ran.out


async def test_files_that_the_new_place_does_not_look_for_are_told(tmp_path: Path, target: str) -> None:
    program = Program(tmp_path, database=f"sqlite:///{tmp_path}/elsewhere/linea.db")
    await program.start()
    await program.stop()
    ran = await move(program, target)
    assert (
        f"move {tmp_path}/elsewhere/files and {tmp_path}/elsewhere/secret_key to {tmp_path}/data" in ran.out
    )


async def on(target: str, program: Program, *words: str) -> Ran:
    """Run a command on the office as it will be with PostgreSQL."""
    environment = program.environment | {"DATABASE_URL": target}
    return await run(*words, "--config", str(program.config), environment=environment)


async def begin_move(program: Program, target: str) -> asyncio.subprocess.Process:
    """Start it, and do not wait for its end."""
    return await asyncio.create_subprocess_exec(
        sys.executable, *program.command, "move", "--to", target, "--config", str(program.config),
        env=program.environment, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip


def number(connection: psycopg.Connection[tuple[int]], question: str) -> int:
    """The one number that answers."""
    row = connection.execute(question.encode()).fetchone()
    assert row is not None
    return int(row[0])


def somebody_waits(connection: psycopg.Connection[tuple[int]]) -> bool:
    """Whether a transaction stands before another one's lock."""
    return number(connection, "SELECT count(*) FROM pg_locks WHERE NOT granted") > 0
