"""What the documents say about backing PostgreSQL up and putting it back is what works."""

import asyncio
import os
import re
import subprocess
from pathlib import Path

from tests.citizen import Citizen
from tests.postgres import postgresql
from tests.program import ROOT, Program
from tests.visitors import PDF

DOCS = (ROOT / "docs" / "operations.md").read_text()


def documented(program: str, option: str) -> str:
    """The one command line of the documents that calls this program with this option."""
    (line,) = [line for line in DOCS.splitlines() if line.startswith(f"{program} ") and option in line]
    return line


def type_in(line: str, folder: Path, url: str) -> None:
    """Run a line of the documents, with this folder's backup and data in the place of the town's."""
    line = re.sub(r"\$\(date \+%F\)|\d{4}-\d\d-\d\d", "today", line)
    line = line.replace("/backup/", f"{folder}/").replace("/var/lib/linea/data", f"{folder}/data")
    done = subprocess.run(
        ["sh", "-c", line],
        check=False,
        capture_output=True,
        text=True,
        env=os.environ | {"DATABASE_URL": url},
    )
    assert done.returncode == 0, done.stderr
    assert "warning" not in done.stderr


async def test_what_was_erased_by_mistake_comes_back_with_its_file(tmp_path: Path) -> None:
    with postgresql() as server:
        url = server.database_for(tmp_path)
        program = Program(tmp_path)
        program.environment["DATABASE_URL"] = url
        await program.start()
        async with Citizen(program.url) as citizen:
            await citizen.start("Dove si paga la TARI?")
            await citizen.call("POST", "/files", data={"client_id": "f"}, files={"file": ("a.pdf", PDF)})
            for line in (documented("pg_dump", "--format"), documented("tar", "-cf")):  # while it works
                await asyncio.to_thread(type_in, line, tmp_path, url)
            assert (await citizen.call("DELETE", "")).status_code == 204
            await program.stop()
            for line in (documented("pg_restore", "--clean"), documented("tar", "-xf")):
                await asyncio.to_thread(type_in, line, tmp_path, url)
            await program.start()
            assert (await citizen.call("GET", "/files/2")).content == PDF
            assert (await citizen.say("Grazie")).status_code == 201  # with a number that is free
            assert "TARI" in (await citizen.call("GET", "/transcript")).text
        await program.end()
