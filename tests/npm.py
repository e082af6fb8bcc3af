"""Brings tools for tests from npm: what a folder's lock file says, installed once."""

import fcntl
import hashlib
import shutil
import subprocess
from pathlib import Path

CACHE = Path(__file__).parents[1] / ".test-tools"
MANIFESTS = ("package.json", "package-lock.json")
MINUTES = 5


class ToolMissing(RuntimeError):
    """Something that a test needs is not on this machine; the message says what to do."""


def install(manifests: Path) -> Path:
    """Make sure what the manifests in this folder ask for is installed; returns the folder it is in.

    Takes seconds the first time and nothing afterwards. Two processes may call it at once. Errors:
    `ToolMissing` when npm is absent or could not install.
    """
    folder = CACHE / manifests.name
    folder.mkdir(parents=True, exist_ok=True)
    wanted = hashlib.sha256(b"".join((manifests / name).read_bytes() for name in MANIFESTS)).hexdigest()
    stamp = folder / "installed"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not stamp.exists() or stamp.read_text() != wanted:
            stamp.unlink(missing_ok=True)
            _npm_ci(manifests, folder)
            stamp.write_text(wanted)
    return folder


def _npm_ci(manifests: Path, folder: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise ToolMissing(
            f"{manifests.name} is installed with npm, which is not on this machine: install it."
        )
    print(f"installing {manifests.name} (npm ci) ...", flush=True)
    for name in MANIFESTS:
        shutil.copy(manifests / name, folder / name)
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    try:
        done = subprocess.run(
            command, cwd=folder, check=False, capture_output=True, text=True, timeout=MINUTES * 60
        )
    except subprocess.TimeoutExpired:
        raise ToolMissing(f"npm ci did not end within {MINUTES} minutes: is the network there?") from None
    if done.returncode != 0:
        raise ToolMissing(f"npm ci could not install {manifests.name}:\n{done.stderr[-2000:]}")
