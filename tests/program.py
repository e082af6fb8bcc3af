"""The real program for tests: ``./linea serve`` as a process of its own, as an administrator starts it."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.hub import configuration

ROOT = Path(__file__).parent.parent


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


@dataclass
class Ran:
    """What a command that has ended left."""

    status: int
    out: str
    errors: str


async def run(*words: str, environment: dict[str, str] | None = None, cwd: Path = ROOT) -> Ran:
    """Run a command of the program to its end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(ROOT / "app.py"), *words,
        cwd=cwd, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, errors = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode is not None
    return Ran(process.returncode, out.decode(), errors.decode())


class EndedAtStart(Exception):
    """It ended before it was ready; what it wrote to standard error."""


class Program:
    """``linea serve`` on a folder of its own."""

    def __init__(self, folder: Path, slack: Any = None, telegram: Any = None, **changes: Any) -> None:
        self.config = folder / "config.yaml"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        whole = configuration(slack, telegram, **changes)
        whole["server"] = whole["server"] | {"port": self.port, "public_url": self.url}
        self.config.write_text(json.dumps(whole, ensure_ascii=False, indent=1))
        self.environment = {k: v for k, v in os.environ.items() if not k.endswith("_TOKEN")}
        if slack is not None:
            self.environment |= {"SLACK_BOT_TOKEN": slack.bot_token, "SLACK_APP_TOKEN": slack.app_token}
        if telegram is not None:
            self.environment["TELEGRAM_BOT_TOKEN"] = telegram.token
        self.command = [str(ROOT / "app.py")]
        """What Python is started with; tests.crashing is the same program, which dies on purpose."""
        self.words: list[str] = []
        """More words of the command line."""
        self.lines: list[str] = []
        self.errors = b""
        self._more = asyncio.Condition()
        self._process: asyncio.subprocess.Process | None = None
        self._draining: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int:
        """The running process."""
        assert self._process is not None
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.returncode is None

    async def start(self) -> list[str]:
        """Start it; the three lines it says when it is ready.

        Raises
        ------
        EndedAtStart
            If it ends before.
        """
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, *self.command, "serve", "--config", str(self.config), *self.words,
            cwd=ROOT, env=self.environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert self._process.stdout is not None
        self._draining = asyncio.create_task(self._drain())
        self.lines = []
        while not self.is_ready():
            line = await asyncio.wait_for(self._process.stdout.readline(), 90)
            if not line:
                await self.died()
                raise EndedAtStart(self.errors.decode())
            self.lines.append(line.decode().rstrip("\n"))
        return self.lines

    def is_ready(self) -> bool:
        """Whether it has said all that a start ends with."""
        return len(self.lines) == 3

    async def _drain(self) -> None:
        assert self._process is not None
        assert self._process.stderr is not None
        while chunk := await self._process.stderr.read(65536):
            self.errors += chunk
            async with self._more:
                self._more.notify_all()

    async def logged(self, words: str, *, after: int = 0) -> str:
        """Wait until it has written ``words`` to standard error, past the first ``after`` bytes; all from there."""
        async with self._more:
            found = self._more.wait_for(lambda: words in self.errors[after:].decode(errors="replace"))
            await asyncio.wait_for(found, 20)
        return self.errors[after:].decode()

    def rewrite(self, **changes: Any) -> None:
        """Change top-level keys of the configuration file in place, as an administrator does."""
        whole = json.loads(self.config.read_text()) | changes
        self.config.write_text(json.dumps(whole, ensure_ascii=False, indent=1))

    async def run(self, *words: str) -> "Ran":
        """Run another command on the same configuration to its end."""
        return await run(*words, "--config", str(self.config), environment=self.environment)

    async def kill(self) -> None:
        """As when the power fails."""
        assert self._process is not None
        self._signal(signal.SIGKILL)
        await self.died()

    def _signal(self, how: signal.Signals) -> None:
        """As ``kill`` of a shell: asyncio's own looks first whether it has ended, and takes its exit status then."""
        assert self._process is not None
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process.pid, how)

    async def died(self) -> None:
        """Return once it has ended, by whatever cause."""
        assert self._process is not None
        await asyncio.wait_for(self._process.wait(), 60)
        if self._draining is not None:
            await self._draining

    async def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and wait for the end; its exit status."""
        assert self._process is not None
        self._signal(how)
        status = await asyncio.wait_for(self._process.wait(), 10)
        if self._draining is not None:
            await self._draining
        return status

    async def end(self) -> None:
        """Stop it where a test has left it running."""
        if self._process is not None and self._process.returncode is None:
            await self.stop()
