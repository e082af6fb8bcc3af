"""Makes the environment in ``.venv`` from a lock file. Runs before anything is installed: Python alone.

Called by ``./linea`` where the environment is missing or no longer fits. Whatever is interrupted in it is
begun anew by the next call, and two calls at once make it once.
"""

import contextlib
import fcntl
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

_ROOMS = (
    "app.py",
    "bridges",
    "live",
    "models",
    "routing",
    "running",
    "schedules",
    "settings",
    "texts",
    "web",
)
_SERVING = "requirements.lock"
"""What serving needs: part of every lock file."""
_REASONS = (
    (
        r"NewConnectionError|NameResolutionError|Network is unreachable|Failed to establish|Max retries exceeded",
        "Python's package index cannot be reached. Is this machine on line? Behind a proxy: "
        "set HTTPS_PROXY, such as HTTPS_PROXY=http://proxy.comune.example:3128",
    ),
    (r"CERTIFICATE_VERIFY_FAILED", "the package index's certificate is not trusted here: see PIP_CERT in pip's manual"),
    (r"No space left on device", "the disk is full: half a gigabyte is needed"),
    (r"DO NOT MATCH THE HASHES", "a package is not the one that was tested (its hash differs): it was not installed"),
)  # fmt: skip


class SetUpError(Exception):
    """The environment cannot be made; the message says what to do."""


def main(root: Path, lock: Path) -> int:
    """Make it; the exit status."""
    try:
        with _alone(root):
            if not _is_made(root, lock):
                _make(root, lock)
    except SetUpError as error:
        print(f"linea: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"linea: {error.filename or root}: {(error.strerror or 'an error').lower()}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nlinea: stopped; the next call sets up anew", file=sys.stderr)
        return 130
    return 0


@contextlib.contextmanager
def _alone(root: Path) -> Iterator[None]:
    """One set-up at a time: a lock on the folder itself, which ends with the process however it ends."""
    descriptor = os.open(root, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _say("Another call is setting up here; waiting for it ...")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        except OSError:
            pass  # a file system without locks: then nobody is to call it twice at once
        yield
    finally:
        os.close(descriptor)


def _mark(root: Path, lock: Path) -> Path:
    return root / ".venv" / f".made-from-{lock.stem}"


def _is_made(root: Path, lock: Path) -> bool:
    """Whether another call made it while this one waited (``./linea`` looks more closely before)."""
    place, mark = root / ".venv" / ".place", _mark(root, lock)
    return (
        _fits(root)
        and place.is_file()
        and place.read_text() == str(root)
        and mark.is_file()
        and mark.read_bytes() == lock.read_bytes()
    )


def _fits(root: Path) -> bool:
    """Whether what is in ``.venv`` is whole, and its Python still the one it was made with."""
    environment = root / ".venv"
    python = environment / "bin" / "python"
    if (environment / ".unfinished").exists() or not python.exists():
        return False
    version = python.resolve().name
    return not version.startswith("python3.") or (environment / "lib" / version).is_dir()


def _make(root: Path, lock: Path) -> None:
    environment = root / ".venv"
    try:
        import ensurepip  # noqa: F401 - Debian keeps both in a package of their own
        import venv  # noqa: F401
    except ImportError:
        raise SetUpError(
            "Python's venv module is missing. On Debian or Ubuntu: sudo apt install python3-venv"
        ) from None
    if not os.access(root, os.W_OK):
        raise SetUpError(
            f"the environment has to be made once in {root}, and this user may not write there: "
            "call it once as the folder's owner, or copy the folder to a place of your own"
        )
    _say("Setting up (once, a minute or two) ...")
    _clear_away(root)
    unfinished = environment / ".unfinished"
    environment.mkdir(exist_ok=True)
    unfinished.touch()
    log = environment / "setup.log"
    with log.open("w", encoding="utf-8") as out:
        if not (environment / "bin" / "python").exists():
            done = subprocess.run(
                [sys.executable, "-m", "venv", str(environment)], stdout=out, stderr=out, check=False
            )
            if done.returncode:
                raise SetUpError(f"the environment could not be made: the whole story is in {log}")
        fetched = _install(environment / "bin" / "python", lock, out)
    if not fetched:
        raise SetUpError(_reason(log))
    python = str(environment / "bin" / "python")
    subprocess.run(
        [python, "-m", "compileall", "-q", *(str(root / room) for room in _ROOMS)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False,
    )  # fmt: skip
    (environment / ".place").write_text(str(root))
    for made in {lock, root / _SERVING}:
        _mark(root, made).write_bytes(made.read_bytes())
    unfinished.unlink()


def _clear_away(root: Path) -> None:
    """Remove what an interrupted call left, or what was made in another place or by another Python."""
    environment = root / ".venv"
    if not environment.exists():
        return
    place = environment / ".place"
    if not place.exists() and not (environment / ".unfinished").exists():
        raise SetUpError(
            f"{environment} was made by something else: move it away, then ./linea makes its own"
        )
    if not _fits(root) or not place.exists() or place.read_text() != str(root):
        shutil.rmtree(environment)


def _install(python: Path, lock: Path, out: TextIO) -> bool:
    """Let pip install the lock file's packages, by their hashes; show how far it is."""
    wanted = re.findall(r"^[\w.-]+(?:\[[^\]]*\])?==", lock.read_text(encoding="utf-8"), re.MULTILINE)
    command = [
        str(python), "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--retries", "3",
        "--require-hashes", "-r", str(lock),
    ]  # fmt: skip
    progress = _Progress(len(wanted))
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as pip:
        assert pip.stdout is not None
        for line in pip.stdout:
            print(line, end="", file=out, flush=True)
            progress.saw(line)
    progress.end()
    return pip.returncode == 0


class _Progress:
    """One line that counts, on a terminal; a line now and then, in a log."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._count = 0
        self._terminal = sys.stderr.isatty()

    def saw(self, line: str) -> None:
        """One line of pip's."""
        if line.startswith(("Collecting", "Processing", "Requirement already satisfied")):
            self._count = min(self._count + 1, self._total)
            if self._terminal:
                self._show(f"{self._count} of {self._total} packages fetched")
            elif self._count % 20 == 0:
                _say(f"  {self._count} of {self._total} packages fetched")
        elif line.startswith("Installing collected"):
            text = "installing them (half a minute) ..."
            self._show(text) if self._terminal else _say(f"  {text}")

    def _show(self, text: str) -> None:
        print(f"\r\033[K  {text}", end="", file=sys.stderr, flush=True)

    def end(self) -> None:
        """Nothing more comes."""
        if self._terminal:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


def _reason(log: Path) -> str:
    """Why pip did not manage, in words."""
    text = log.read_text(encoding="utf-8")
    for pattern, words in _REASONS:
        if re.search(pattern, text):
            return f"{words}. The whole story is in {log}"
    errors = [line for line in text.splitlines() if line.startswith("ERROR")] or text.splitlines()[-3:]
    return "the packages could not be installed. pip says: " + " ".join(errors) + f" (more in {log})"


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
