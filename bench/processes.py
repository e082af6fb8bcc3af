"""The processes of a measurement: the real program, the bare app, load generators; all end with it."""

import asyncio
import contextlib
import json
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psutil

from tests.program import ROOT, Program

CONNECTIONS = 64
MANY = {"per_address": "9999/s", "per_conversation": "9999/s"}
"""Limits that are counted, as in an office, and never reached."""

Conversations = list[tuple[str, str]]
"""Ids and tokens."""


@contextlib.contextmanager
def folder() -> Any:
    """A folder for a measurement's databases; gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="linea-bench-") as name:
        yield Path(name)


@contextlib.asynccontextmanager
async def program(place: Path, slack: Any = None, **changes: Any) -> AsyncIterator[Program]:
    """The real program, always open, with its data in ``place``."""
    await asyncio.to_thread(place.mkdir, exist_ok=True)
    running = Program(place, slack, **({"limits": MANY} | changes))
    await running.start()
    try:
        yield running
    finally:
        await running.stop()


@contextlib.asynccontextmanager
async def bare(place: Path) -> AsyncIterator[int]:
    """The bare app; its port."""
    async with _process("bench.bare", str(place)) as process:
        assert process.stdout is not None
        yield int(await asyncio.wait_for(process.stdout.readline(), 20))


async def load(
    port: int,
    conversations: Conversations = (),  # type: ignore[assignment]
    *,
    seconds: float = 60.0,
    most: int | None = None,
    kind: str = "write",
) -> dict[str, Any]:
    """Run a load generator to its end; what it reports."""
    job = {
        "port": port, "connections": min(CONNECTIONS, most or CONNECTIONS), "seconds": seconds,
        "most": most, "kind": kind, "conversations": list(conversations),
    }  # fmt: skip
    async with _process("bench.load") as process:
        out, _ = await asyncio.wait_for(process.communicate(json.dumps(job).encode()), seconds + 60)
    report: dict[str, Any] = json.loads(out)
    if report["refused"] or not report["answered"]:
        raise RuntimeError(f"{report['refused']} requests refused, {report['answered']} answered")
    return report


async def rate(port: int, conversations: Conversations, seconds: float) -> float:
    """Messages acknowledged per second with all connections busy."""
    report = await load(port, conversations, seconds=seconds)
    return float(report["answered"] / report["seconds"])


async def start_conversations(port: int, count: int) -> Conversations:
    """New conversations with their first message."""
    report = await load(port, most=count, kind="start")
    return [(answer["id"], answer["token"]) for answer in report["answers"]]


_AT_REST = 0.1
"""Of a core, used by a program that has caught up with what was asked of it."""


async def at_rest(running: Program) -> None:
    """Wait until the program has done what it had to do: the pages that were opened have been told what there was."""
    process = psutil.Process(running.pid)
    async with asyncio.timeout(180):
        while True:
            before = process.cpu_times()
            await asyncio.sleep(1)
            now = process.cpu_times()
            if now.user + now.system - before.user - before.system < _AT_REST:
                return


class Listeners:
    """Open event streams; ``arrivals`` has each message's text and its moment of arrival."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._reading: asyncio.Task[None] | None = None
        self._news = asyncio.Event()
        self.arrivals: dict[str, float] = {}

    async def open(self, port: int, conversations: Conversations) -> None:
        """Open a stream for each conversation; returns when all have begun."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"port": port, "conversations": conversations}).encode() + b"\n")
        word = await asyncio.wait_for(self._process.stdout.readline(), 120)
        if word.strip() != b"ready":
            raise RuntimeError("the streams could not be opened")
        self._reading = asyncio.create_task(self._read(self._process.stdout))

    async def _read(self, output: asyncio.StreamReader) -> None:
        while line := await output.readline():
            text, moment = json.loads(line)
            self.arrivals[text] = moment
            self._news.set()

    async def arrival(self, text: str) -> float:
        """When the message of this text arrived; waits for it."""
        async with asyncio.timeout(30):
            while text not in self.arrivals:
                self._news.clear()
                await self._news.wait()
        return self.arrivals[text]

    async def close(self) -> None:
        """Close every stream."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        await asyncio.wait_for(self._process.wait(), 30)
        if self._reading is not None:
            await self._reading


@contextlib.asynccontextmanager
async def listening(port: int, conversations: Conversations) -> AsyncIterator[Listeners]:
    """Citizens with their pages open, one for each conversation."""
    async with _process("bench.listeners") as process:
        listeners = Listeners(process)
        await listeners.open(port, conversations)
        yield listeners
        await listeners.close()


@contextlib.asynccontextmanager
async def _process(module: str, *arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A module as a process of its own, ended at the latest with the block."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *arguments, cwd=ROOT,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()
