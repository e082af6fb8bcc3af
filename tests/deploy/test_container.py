"""The image's files are all that the program needs, as another user than root, on a file system it cannot write.

Where there is no container engine this is as near as one comes: an empty root with what the Dockerfile copies, Python
and the packages, everything read-only but ``/data`` and ``/tmp``.
"""

import asyncio
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.citizen import Citizen
from tests.hub import configuration
from tests.program import ROOT, free_port

USER = 10001
IGNORED = shutil.ignore_patterns("__pycache__", *(ROOT / ".dockerignore").read_text().split())

EMPTY_ROOT = """
root=$1 venv=$2 base=$3; shift 3
mount --bind "$root" "$root"
for name in usr lib lib64 bin etc "$base"; do
    if [ -h "/${name#/}" ]; then cp -P "/$name" "$root/$name"; continue; fi
    mkdir -p "$root/$name" && mount --bind "/${name#/}" "$root/$name"
done
mkdir "$root/srv/.venv" "$root/tmp" "$root/dev"
touch "$root/dev/null"
mount --bind /dev/null "$root/dev/null"
mount --bind "$venv" "$root/srv/.venv"
mount --bind "$root/data" "$root/data"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mount -o remount,ro,bind "$root"
exec chroot --userspec=$USER:$USER --groups= "$root" env -i "$@"
"""


@dataclass
class Image:
    """What the Dockerfile says of the image that comes out."""

    base: str = ""
    copies: list[tuple[list[str], str]] = field(default_factory=list)
    environment: list[str] = field(default_factory=list)
    user: str = ""
    health: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)


def image() -> Image:
    """The last stage of the Dockerfile."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE).replace("\\\n", "")
    found = Image()
    for line in filter(None, text.splitlines()):
        word, _, rest = line.partition(" ")
        if word == "FROM":
            found = Image(base=rest)
        elif word == "COPY" and not rest.startswith("--from="):
            *sources, target = shlex.split(rest)
            found.copies.append((sources, target))
        elif word == "ENV":
            found.environment += shlex.split(rest)
        elif word == "USER":
            found.user = rest
        elif word == "HEALTHCHECK":
            found.health = json.loads(rest.partition("CMD ")[2])
        elif word in ("ENTRYPOINT", "CMD"):
            found.command += json.loads(rest)
    return found


def copy_into(folder: Path) -> None:
    """Do what the COPY lines say."""
    folder.mkdir(parents=True)
    for sources, target in image().copies:
        for source in sources:
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, folder / target, ignore=IGNORED)
            else:
                shutil.copy(ROOT / source, folder / target)


def may_mount() -> bool:
    """Whether this user may make a root of its own."""
    tried = subprocess.run(["unshare", "--mount", "true"], check=False, capture_output=True)
    return os.geteuid() == 0 and tried.returncode == 0


@pytest.mark.skipif(not may_mount(), reason="only root may make an empty root")
async def test_its_files_are_enough_and_nothing_is_written_but_the_data(tmp_path: Path) -> None:
    made, port = image(), free_port()
    root = tmp_path / "root"
    await asyncio.to_thread(copy_into, root / "srv")
    data = root / "data"
    data.mkdir()
    settings = configuration()
    settings["server"] |= {"port": port, "public_url": f"http://127.0.0.1:{port}"}
    (data / "config.yaml").write_text(json.dumps(settings))
    for path in (data, data / "config.yaml"):
        os.chown(path, USER, USER)
    script = EMPTY_ROOT.replace("$USER", str(USER))
    process = await asyncio.create_subprocess_exec(
        "unshare", "--mount", "--propagation", "private", "sh", "-ec", script, "sh",
        str(root), sys.prefix, sys.base_prefix, "HOME=/data", *made.environment, *made.command,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        first = await asyncio.wait_for(process.stdout.readline(), 60)
        if not first:
            pytest.fail((await process.communicate())[1].decode())
        health = [sys.executable, *(word.replace("8000", str(port)) for word in made.health[1:])]
        assert await (await asyncio.create_subprocess_exec(*health)).wait() == 0
        async with Citizen(f"http://127.0.0.1:{port}") as citizen:
            assert (await citizen.start("Buongiorno")).status_code == 201
            large = {"file": ("elenco.txt", b"una riga\n" * 200_000)}
            sent = await citizen.call("POST", "/files", data={"client_id": "f"}, files=large)
            assert sent.status_code == 201
            assert (await citizen.http.get("/chat")).status_code == 200
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        _, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    assert "Traceback" not in errors.decode()
    kept = sorted(path.name for path in (data / "data").iterdir())
    assert kept == ["files", "linea.db", "lock", "secret_key"]
    assert {path.stat().st_uid for path in data.rglob("*")} == {USER}


def test_it_is_not_run_as_root_and_says_so_by_number() -> None:
    assert image().user == f"{USER}:{USER}"


def test_its_base_is_small_and_made_for_more_than_one_kind_of_machine() -> None:
    assert re.fullmatch(
        r"python:3\.\d+-slim", image().base
    )  # Docker Hub: amd64, arm64, arm/v7, ppc64le, s390x, ...


def test_its_health_check_asks_the_port_it_exposes() -> None:
    text = (ROOT / "Dockerfile").read_text()
    port = re.findall(r"^EXPOSE (\d+)$", text, re.MULTILINE)[0]
    assert f"127.0.0.1:{port}/healthz" in " ".join(image().health)
    assert f"port: {port}" in (ROOT / "config.yaml").read_text()
