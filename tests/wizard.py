"""``./linea setup`` for tests: the real program on a terminal of its own, and somebody who types."""

import asyncio
import contextlib
import fcntl
import os
import pty
import stat
import sys
import termios
from collections.abc import AsyncIterator
from pathlib import Path

from tests.program import ROOT, Ran

PATIENCE = 60
CTRL_C = "\x03"


def environment(**more: str) -> dict[str, str]:
    """No tokens of this machine's, and lines as long as they are."""
    return {key: value for key, value in os.environ.items() if not key.endswith("_TOKEN")} | {
        "COLUMNS": "9999",
        "PYTHONUTF8": "1",
        **more,
    }


class Wizard:
    """The program and its terminal."""

    def __init__(self, master: int, process: asyncio.subprocess.Process) -> None:
        self._master = master
        self._process = process
        self._more = asyncio.Event()
        self._is_over = False
        self._seen = 0
        self._shown = b""
        asyncio.get_running_loop().add_reader(master, self._read)

    @property
    def shown(self) -> str:
        """Everything that stood on the terminal."""
        return self._shown.decode(errors="ignore").replace("\r\n", "\n")

    def _read(self) -> None:
        try:
            found = os.read(self._master, 65536)
        except OSError:  # the other end is closed
            found = b""
        if not found:
            asyncio.get_running_loop().remove_reader(self._master)
            self._is_over = True
        self._shown += found
        self._more.set()

    async def sees(self, words: str) -> None:
        """Wait until ``words`` are shown, below what was seen before."""
        async with asyncio.timeout(PATIENCE):
            while (place := self.shown.find(words, self._seen)) < 0:
                assert not self._is_over, f"{words!r} is not in {self.shown[self._seen :]!r}"
                self._more.clear()
                await self._more.wait()
        self._seen = place + len(words)

    async def types(self, text: str, *, after: str) -> None:
        """Type a line once ``after`` is shown."""
        await self.sees(after)
        os.write(self._master, f"{text}\n".encode())

    async def interrupts(self, *, after: str) -> None:
        """Press Ctrl-C once ``after`` is shown."""
        await self.sees(after)
        os.write(self._master, CTRL_C.encode())

    async def ends(self) -> int:
        """Wait for the end; the exit status."""
        return await asyncio.wait_for(self._process.wait(), PATIENCE)

    @property
    def echoes(self) -> bool:
        """Whether the terminal shows what is typed."""
        return bool(termios.tcgetattr(self._master)[3] & termios.ECHO)


def _take_terminal() -> None:
    """In the program's process: its input becomes the terminal that Ctrl-C is pressed on."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@contextlib.asynccontextmanager
async def wizard(config: Path, *words: str, **more: str) -> AsyncIterator[Wizard]:
    """``./linea setup`` with these words."""
    master, slave = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(ROOT / "app.py"), "setup", *words, "--config", str(config),
        cwd=ROOT, env=environment(**more), stdin=slave, stdout=slave, stderr=slave,
        start_new_session=True, preexec_fn=_take_terminal,
    )  # fmt: skip
    os.close(slave)  # so that the end of the program is the end of what is read
    running = Wizard(master, process)
    try:
        yield running
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        asyncio.get_running_loop().remove_reader(master)
        os.close(master)


async def piped(config: Path, *words: str, answers: list[str], **more: str) -> Ran:
    """The same with all answers through a pipe."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(ROOT / "app.py"), "setup", *words, "--config", str(config),
        cwd=ROOT, env=environment(**more),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    typed = "".join(f"{answer}\n" for answer in answers).encode()
    out, errors = await asyncio.wait_for(process.communicate(typed), PATIENCE)
    assert process.returncode is not None
    return Ran(process.returncode, out.decode(), errors.decode())


class Place:
    """The folder that is set up: what stands in its two files."""

    def __init__(self, folder: Path, text: str) -> None:
        self.config = folder / "config.yaml"
        self.env = folder / ".env"
        self.text = text
        self.config.chmod(0o644)

    @property
    def text(self) -> str:
        """What ``config.yaml`` says."""
        return self.config.read_bytes().decode()

    @text.setter
    def text(self, text: str) -> None:
        self.config.write_text(text)

    @property
    def secrets(self) -> str:
        """What ``.env`` says; empty where there is none."""
        return self.env.read_text() if self.env.exists() else ""

    @property
    def files(self) -> list[str]:
        """The names of all files."""
        return sorted(path.name for path in self.config.parent.iterdir())

    @property
    def mode(self) -> int:
        """Who may read ``.env``."""
        return stat.S_IMODE(self.env.stat().st_mode)

    def lock(self, name: str) -> Path:
        """A file of this name, read-only."""
        path = self.config.parent / name
        path.touch()
        path.chmod(0o444)
        return path
