"""The program as whoever installs it meets it: how it starts, what it says, and how it ends."""

import asyncio
import signal
import socket
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from tests.citizen import Citizen
from tests.program import ROOT, Program, Ran, run


@pytest_asyncio.fixture
async def program(tmp_path: Path) -> AsyncIterator[Program]:
    """A program that is not started yet; it is stopped in the end."""
    program = Program(tmp_path)
    yield program
    await program.end()


def faults(ran: Ran) -> str:
    """The words of a command that could not do its work: no traceback, nothing on standard output."""
    assert ran.status != 0
    assert "Traceback" not in ran.errors
    assert ran.out == ""
    return ran.errors


# The three lines ---------------------------------------------------------------------------------


async def test_a_start_ends_with_the_demo_page_the_desk_and_the_bridges(program: Program) -> None:
    demo, desk, bridges = await program.start()
    assert demo == f"Demo page: {program.url}/"
    assert f"{program.url}/desk/login?key=" in desk
    for lacking in (
        "SLACK_BOT_TOKEN",
        "SLACK_APP_TOKEN",
        "TELEGRAM_BOT_TOKEN",
        "bridges.slack",
        "bridges.telegram",
    ):
        assert lacking in bridges
    assert bridges.startswith("Bridges on: none; slack is off: it lacks ")
    async with httpx.AsyncClient(follow_redirects=True) as browser:
        assert (await browser.get(demo.removeprefix("Demo page: "))).status_code == 200
        link = desk.partition(": ")[2].split()[0]
        assert (await browser.get(link)).status_code == 200
        browser.cookies.clear()
        assert (await browser.get(link)).status_code == 403


async def test_what_it_keeps_is_for_its_own_user_alone(program: Program, tmp_path: Path) -> None:
    await program.start()
    folder = tmp_path / "data"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for path in folder.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


# The end -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_it_as_it_should_and_streams_with_it(
    program: Program, how: signal.Signals
) -> None:
    await program.start()
    async with Citizen(program.url) as citizen:
        await citizen.start("Buongiorno")
        async with citizen.listening() as stream:
            await stream.next("message")
            assert await program.stop(how) == 0
    assert "Traceback" not in program.errors.decode()
    assert "stopping" in program.errors.decode()


async def test_a_signal_ends_it_while_a_request_is_only_half_sent(program: Program) -> None:
    await program.start()
    _reader, writer = await asyncio.open_connection("127.0.0.1", program.port)
    writer.write(b"POST /api/conversations HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{")
    await writer.drain()
    assert await program.stop() == 0
    writer.close()
    await asyncio.gather(writer.wait_closed(), return_exceptions=True)


# What can be wrong -------------------------------------------------------------------------------


async def test_a_second_hub_on_the_same_data_is_refused(program: Program) -> None:
    await program.start()
    assert "another Linea Diretta is running" in faults(await program.run("serve"))


async def test_a_port_that_is_taken_is_told_with_the_line_to_change(program: Program) -> None:
    with socket.create_server(("127.0.0.1", program.port)):
        words = faults(await program.run("serve"))
    line = next(n for n, line in enumerate(program.config.read_text().splitlines(), 1) if '"port"' in line)
    assert words.startswith(f"linea: {program.config}:{line}: server.port: ")
    assert "another program listens there" in words


async def test_an_address_that_is_not_this_machines_is_told(tmp_path: Path) -> None:
    program = Program(tmp_path, server={"host": "192.0.2.7"})
    words = faults(await program.run("serve"))
    assert ": server.host: cannot listen on 192.0.2.7" in words


async def test_a_missing_configuration_is_told_with_how_to_make_one(tmp_path: Path) -> None:
    ran = await run("serve", "--config", str(tmp_path / "mine.yaml"))
    words = faults(ran)
    assert ran.status == 2
    assert f"{tmp_path}/mine.yaml:1: found no such file" in words
    assert f"cp {ROOT}/config.yaml {tmp_path}/mine.yaml" in words


@pytest.mark.parametrize("command", ["serve", "check", "hours", "export"])
async def test_a_faulty_configuration_is_told_by_every_command_alike(tmp_path: Path, command: str) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("office:\n  name: URP\nhours:\n  mon: 08:30-25:00\n")
    ran = await run(command, "--config", str(config))
    assert ran.status == 2
    assert faults(ran).startswith(f"{config}:4: hours.mon: found ")


async def test_a_data_folder_that_cannot_be_is_told(program: Program, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where the folder should be")
    assert f"the data folder {tmp_path}/data cannot be used" in faults(await program.run("serve"))


async def test_a_folder_that_holds_other_things_too_is_not_closed_to_their_users(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir(mode=0o755)
    (shared / "another-service").mkdir()
    program = Program(tmp_path, database="sqlite:///shared/linea.db")
    await program.start()
    await program.stop()
    assert stat.S_IMODE(shared.stat().st_mode) == 0o755
    assert stat.S_IMODE((shared / "linea.db").stat().st_mode) == 0o600
    assert "give the data a folder of its own" in program.errors.decode()


@pytest.mark.parametrize("command", ["serve", "export"])
async def test_a_damaged_database_is_told(program: Program, tmp_path: Path, command: str) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "linea.db").write_bytes(b"this is no database" * 500)
    words = faults(await program.run(command))
    assert "linea.db cannot be used: file is not a database" in words


async def test_an_env_file_that_cannot_be_read_is_told(program: Program, tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"SECRET_KEY=caff\xe8\n")
    assert f"{tmp_path}/.env:1: found a character that is not UTF-8" in faults(await program.run("serve"))


# The other commands ------------------------------------------------------------------------------


async def test_an_unknown_command_is_answered_with_those_there_are() -> None:
    ran = await run("frobnicate")
    assert ran.status == 2
    words = faults(ran)
    assert all(
        command in words for command in ("serve", "check", "hours", "export", "erase", "backup", "move")
    )


async def test_the_configuration_counts_from_its_own_folder_wherever_it_is_called(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    place = tmp_path / "città di prova"
    elsewhere.mkdir()
    place.mkdir()
    program = Program(place)
    await program.start()
    await program.stop()
    assert (place / "data" / "linea.db").exists()
    (place / ".env").write_text("TELEGRAM_BOT_TOKEN=\n")
    (place / ".env").chmod(0o600)
    ran = await run("export", "--config", "../città di prova/config.yaml", cwd=elsewhere)
    assert (ran.status, ran.out, ran.errors) == (0, "", "0 conversations exported\n")


async def test_what_is_exported_backed_up_and_erased(program: Program, tmp_path: Path) -> None:
    await program.start()
    async with Citizen(program.url) as citizen:
        await citizen.start("Dove si paga la TARI?")
    copy = tmp_path / "copia.db"
    assert (await program.run("backup", str(copy))).status == 0
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert f"{copy} exists already" in faults(await program.run("backup", str(copy)))
    to = tmp_path / "tutto.jsonl"
    assert (await program.run("export", "--to", str(to))).status == 0
    assert "Dove si paga la TARI?" in to.read_text()
    assert citizen.token not in to.read_text()
    assert f"{to} exists already" in faults(await program.run("export", "--to", str(to)))
    assert (await program.run("erase", "--conversation", citizen.id)).out == "erased\n"
    assert "no such conversation" in faults(await program.run("erase", "--conversation", citizen.id))
    assert (await program.run("export")).out == ""


@pytest.mark.parametrize("words", [("export",), ("backup", "copia.db"), ("erase", "--reference", "KT-4071")])
async def test_without_a_database_there_is_nothing_to_keep_or_erase(
    program: Program, tmp_path: Path, words: tuple[str, ...]
) -> None:
    assert "there is no database" in faults(await program.run(*words))
    assert not (tmp_path / "data").exists()
