"""A backup taken while citizens write is whole, and puts the office back as it was; anything else is refused."""

import asyncio
import io
import json
import sqlite3
import stat
import tarfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.citizen import Citizen
from tests.program import Program, Ran
from tests.visitors import PDF

LIMITS = {"per_address": "unlimited", "per_conversation": "unlimited"}


@pytest_asyncio.fixture(name="program")
async def program_fixture(tmp_path: Path) -> AsyncIterator[Program]:
    """An office; it is stopped in the end."""
    (tmp_path / "office").mkdir()
    program = Program(tmp_path / "office", limits=LIMITS)
    yield program
    await program.end()


@pytest_asyncio.fixture(name="backup")
async def backup_fixture(program: Program, tmp_path: Path) -> AsyncIterator[Path]:
    """A backup of an office with one conversation and one file; the office is stopped again."""
    await program.start()
    async with Citizen(program.url) as citizen:
        await citizen.start("Dove si paga la TARI?")
        await send_file(citizen)
    await program.stop()
    await backed_up(program, tmp_path / "copia.tar")
    yield tmp_path / "copia.tar"


async def send_file(citizen: Citizen) -> None:
    sent = await citizen.call("POST", "/files", data={"client_id": "f"}, files={"file": ("a.pdf", PDF)})
    assert sent.status_code == 201


async def backed_up(program: Program, to: Path) -> None:
    ran = await program.run("backup", str(to))
    assert ran.status == 0, ran.errors
    assert stat.S_IMODE(to.stat().st_mode) == 0o600  # noqa: ASYNC240


def refusal(ran: Ran) -> str:
    assert ran.status == 1
    assert "Traceback" not in ran.errors
    assert ran.out == ""
    return ran.errors


def kept(program: Program) -> dict[str, bytes]:
    """Every file of the data folder, but the lock."""
    folder = program.config.parent / "data"
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != "lock")
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def repacked(backup: Path, to: Path, **members: bytes | None) -> Path:
    """The same archive with some members otherwise (None: not at all)."""
    with tarfile.open(backup) as old, tarfile.open(to, "w") as new:
        whole = {name: old.extractfile(name).read() for name in old.getnames()}  # type: ignore[union-attr]
        for name, content in (whole | members).items():
            if content is not None:
                member = tarfile.TarInfo(name)
                member.size = len(content)
                new.addfile(member, io.BytesIO(content))
    return to


async def test_taken_while_citizens_write_it_has_all_that_was_acknowledged_before(
    program: Program, tmp_path: Path
) -> None:
    await program.start()
    async with Citizen(program.url) as citizen:
        await citizen.start("0")
        await send_file(citizen)
        acknowledged: list[int] = []
        enough = asyncio.Event()

        async def write_on() -> None:
            while True:
                acknowledged.append((await citizen.say(str(len(acknowledged)))).json()["seq"])
                if len(acknowledged) == 20:
                    enough.set()

        writing = asyncio.create_task(write_on())
        await enough.wait()
        before = acknowledged[-1]
        await backed_up(program, tmp_path / "copia.tar")
        during = acknowledged[-1]
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
        assert during > before
    await program.kill()

    (tmp_path / "elsewhere").mkdir()
    restored = Program(tmp_path / "elsewhere", limits=LIMITS)
    ran = await restored.run("restore", str(tmp_path / "copia.tar"))
    assert ran.status == 0, ran.errors
    await restored.start()
    async with Citizen(restored.url) as again:
        again.id, again.token = citizen.id, citizen.token
        lines = (await again.call("GET", "/transcript")).json()["messages"]
        seqs = [line["seq"] for line in lines]
        assert seqs == list(range(1, len(seqs) + 1))
        assert before <= seqs[-1] <= during + 1
        assert (await again.call("GET", "/files/2")).content == PDF
        assert (await again.say("Ci siete ancora?")).status_code == 201
    await restored.end()
    key = "data/secret_key"
    assert (tmp_path / "elsewhere" / key).read_bytes() == (tmp_path / "office" / key).read_bytes()


async def test_what_was_there_is_moved_aside_under_a_name_that_is_said(
    program: Program, backup: Path
) -> None:
    await program.start()
    async with Citizen(program.url) as citizen:
        await citizen.start("Scritto dopo la copia")
    await program.kill()  # as a crash leaves it: part of the record in linea.db-wal
    before = kept(program)
    assert "linea.db-wal" in before
    ran = await program.run("restore", str(backup))
    assert ran.status == 0, ran.errors
    aside = next((program.config.parent / "data").glob("replaced-*"))
    assert f"what was there before is in {aside}" in ran.out
    moved = {str(path.relative_to(aside)): path.read_bytes() for path in aside.rglob("*") if path.is_file()}
    assert moved == before
    whole = (await program.run("export")).out
    assert "Dove si paga la TARI?" in whole
    assert "Scritto dopo la copia" not in whole
    with sqlite3.connect(aside / "linea.db") as database:
        assert ("Scritto dopo la copia",) in database.execute("SELECT text FROM entry").fetchall()


async def test_the_database_alone_leaves_files_and_key_where_they_are(
    program: Program, backup: Path, tmp_path: Path
) -> None:
    await backed_up(program, tmp_path / "copia.db")
    before = kept(program)
    assert (await program.run("restore", str(tmp_path / "copia.db"))).status == 0
    after = kept(program)
    for name in before:
        if name.startswith("files/") or name == "secret_key":
            assert after[name] == before[name]
    assert "Dove si paga la TARI?" in (await program.run("export")).out


async def test_while_the_office_works_nothing_is_restored(program: Program, backup: Path) -> None:
    await program.start()
    assert "another Linea Diretta is running" in refusal(await program.run("restore", str(backup)))
    await program.stop()


def damaged(backup: Path, kind: str) -> Path:
    """A file that is no whole backup of ours."""
    content = bytearray(backup.read_bytes())
    to = backup.with_name("damaged")
    if kind == "a byte of it turned":
        content[len(content) // 2] ^= 0xFF
    elif kind == "cut short":
        del content[len(content) // 2 :]
    elif kind == "empty":
        content.clear()
    elif kind == "a letter":
        content[:] = b"Gentile Comune, " * 1000
    to.write_bytes(content)
    if kind == "a file of it lost":
        with tarfile.open(backup) as archive:
            lost = next(name for name in archive.getnames() if name.startswith("files/"))
        repacked(backup, to, **{lost: None})
    elif kind == "another archive":
        with tarfile.open(to, "w") as archive:
            archive.add(__file__, "test.py")
    elif kind == "a name that leads out":
        name = "files/../../escaped"
        repacked(backup, to, **{name: b"", "SHA256.json": json.dumps({name: ""}).encode()})
    return to


@pytest.mark.parametrize(
    "kind",
    [
        "a byte of it turned",
        "cut short",
        "empty",
        "a letter",
        "a file of it lost",
        "another archive",
        "a name that leads out",
    ],
)
async def test_a_damaged_or_foreign_file_is_refused_and_changes_nothing(
    program: Program, backup: Path, kind: str
) -> None:
    before = kept(program)
    bad = damaged(backup, kind)
    ran = await program.run("restore", str(bad))
    assert f"{bad} is damaged, or no backup of Linea Diretta" in refusal(ran)
    assert kept(program) == before


@pytest.mark.parametrize("how", ["turned", "cut short", "another program's"])
async def test_a_damaged_or_foreign_database_is_refused_and_changes_nothing(
    program: Program, backup: Path, tmp_path: Path, how: str
) -> None:
    bad = tmp_path / "bad.db"
    await backed_up(program, bad)
    content = bytearray(bad.read_bytes())
    if how == "turned":
        content[4096 : 4096 + 200] = b"\xff" * 200
    elif how == "cut short":
        del content[len(content) // 2 :]
    bad.write_bytes(content)
    if how == "another program's":
        bad.unlink()
        with sqlite3.connect(bad) as database:
            database.execute("CREATE TABLE bookings (id INTEGER)")
    before = kept(program)
    words = refusal(await program.run("restore", str(bad)))
    assert f"{bad} is " in words
    assert "no backup of Linea Diretta" in words
    assert kept(program) == before


async def test_a_newer_versions_backup_is_refused(program: Program, backup: Path, tmp_path: Path) -> None:
    newer = tmp_path / "newer.db"
    await backed_up(program, newer)
    with sqlite3.connect(newer) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    before = kept(program)
    assert "a newer version of this program has written it" in refusal(
        await program.run("restore", str(newer))
    )
    assert kept(program) == before


async def test_a_kind_of_archive_it_does_not_make_is_told(program: Program, backup: Path) -> None:
    words = refusal(await program.run("backup", str(backup.with_name("copia.tar.gz"))))
    assert "expected a name that ends in .tar (everything) or .db (the database alone)" in words


async def test_a_place_that_cannot_be_written_is_told(program: Program, backup: Path) -> None:
    words = refusal(await program.run("backup", str(backup.parent / "nowhere" / "copia.tar")))
    assert "no such file or directory" in words
