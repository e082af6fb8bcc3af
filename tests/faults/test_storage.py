"""The disk fails: the citizen is never told that something is stored that is not, and all goes on by itself."""

import asyncio
import sqlite3
from pathlib import Path

import httpx
import pytest

from tests.citizen import Citizen
from tests.hub import RunningHub, hub_at
from tests.program import EndedAtStart, Program


def pragma(office: RunningHub, text: str) -> None:
    """Something about the journal's own connection."""
    connection = office.hub.journal._engine.raw_connection()
    connection.cursor().execute(f"PRAGMA {text}").fetchall()
    connection.close()


async def refused(answer: httpx.Response) -> None:
    """A clear problem, and when to try again."""
    assert answer.status_code == 503, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Retry-After"]


@pytest.mark.parametrize(
    ("breaks", "mended", "told"),
    [
        ("max_page_count = 1", "max_page_count = 4294967294", "free some space on its disk"),
        ("query_only = ON", "query_only = OFF", "the right to write"),
    ],
    ids=["the disk is full", "the file is read-only"],
)
async def test_what_cannot_be_stored_is_refused_until_it_can_be(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, breaks: str, mended: str, told: str
) -> None:
    """Full is SQLite's own limit on the size of its file (max_page_count): the error is the one of a full disk."""
    async with hub_at(tmp_path) as office, Citizen(office.url) as maria:
        assert (await maria.start("Buongiorno")).status_code == 201
        await asyncio.to_thread(pragma, office, breaks)
        long = "x" * 4_000
        answers = [await maria.say(long, f"key-{n}" + "i" * 16) for n in range(12)]
        failed = [n for n, answer in enumerate(answers) if answer.status_code != 201]
        assert failed
        for n in failed:
            await refused(answers[n])
        ready = await maria.http.get("/readyz")
        assert ready.status_code == 503
        assert told in ready.json()["storage"]
        assert told in caplog.text
        await asyncio.to_thread(pragma, office, mended)
        assert (await maria.http.get("/readyz")).status_code == 200
        for n in failed:
            assert (await maria.say(long, f"key-{n}" + "i" * 16)).status_code == 201
        assert (await maria.http.get("/readyz")).status_code == 200
        kept = await office.hub.store.entries(maria.id)
        assert [record.seq for record in kept] == list(range(1, 14))


async def test_who_has_no_javascript_is_told_on_a_page(tmp_path: Path) -> None:
    async with hub_at(tmp_path) as office, httpx.AsyncClient(base_url=office.url, timeout=30) as http:
        await asyncio.to_thread(pragma, office, "query_only = ON")
        answer = await http.post("/chat", data={"text": "Buongiorno", "client_id": "c", "lang": "it"})
        assert answer.status_code == 503
        assert answer.headers["Content-Type"].startswith("text/html")
        assert answer.headers["Retry-After"]
        assert "<h1" in answer.text


async def test_a_database_that_another_program_holds_is_waited_for_then_refused(tmp_path: Path) -> None:
    async with hub_at(tmp_path) as office, Citizen(office.url) as maria:
        await maria.start("Buongiorno")

        def hold() -> sqlite3.Connection:
            other = sqlite3.connect(tmp_path / "data" / "linea.db", check_same_thread=False)
            other.execute("BEGIN IMMEDIATE")
            return other

        other = await asyncio.to_thread(hold)
        maria.http.timeout = httpx.Timeout(60)
        await refused(await maria.say("C'è qualcuno?", "held" + "i" * 16))
        await asyncio.to_thread(other.close)
        assert (await maria.say("C'è qualcuno?", "held" + "i" * 16)).status_code == 201


async def test_a_damaged_database_at_the_start_is_told_with_what_to_do(tmp_path: Path) -> None:
    program = Program(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "linea.db").write_bytes(b"this is no database" * 1000)
    with pytest.raises(EndedAtStart, match="put a backup in its place"):
        await program.start()
    assert await program.stop() == 1


async def test_a_second_hub_on_the_same_data_says_so_and_stops(tmp_path: Path) -> None:
    first = Program(tmp_path)
    await first.start()
    try:
        second = Program(tmp_path)
        with pytest.raises(EndedAtStart, match="another Linea Diretta is running"):
            await second.start()
        assert await second.stop() == 1
        async with httpx.AsyncClient() as http:
            assert (await http.get(f"{first.url}/healthz")).status_code == 200
    finally:
        await first.stop()
