"""Watches over every test: the event loop never blocks, neither by a forbidden call nor by a long turn."""

import asyncio
import gc
import threading
import time
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from blockbuster import BlockBuster, blockbuster_ctx

from tests import hub, postgres

ROOMS = ["bridges", "models", "routing", "running", "schedules", "settings", "web"]
LONGEST_TURN = 0.05
"""Seconds of work in one turn of the loop: past this a citizen would begin to notice."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--record postgresql`` runs the hubs of the tests on PostgreSQL."""
    parser.addoption("--record", choices=("sqlite", "postgresql"), default="sqlite")


@pytest.fixture(scope="session", autouse=True)
def _record(request: pytest.FixtureRequest) -> Iterator[None]:
    """Where the offices keep their record."""
    if request.config.getoption("--record") == "sqlite":
        yield
        return
    with postgres.postgresql() as server:
        hub.database_at = server.database_for
        yield


@pytest.fixture(autouse=True)
def _no_blocking_calls() -> Iterator[BlockBuster]:
    """Fail on a call that blocks the loop (files, sleeps, sockets) made from any of our rooms."""
    with blockbuster_ctx(ROOMS) as blockbuster:
        yield blockbuster


class Watchdog:
    """Notices turns of the loop that compute for too long.

    It measures the processor time of the loop's thread, not the clock on the wall: a busy machine that
    lets us wait is not our fault, and waiting inside a call is blockbuster's business. Nor does it count
    the collection of garbage, nearly all of which is the tests' own.
    """

    def __init__(self) -> None:
        self.longest = 0.0
        self._collecting = 0.0
        self._began = 0.0
        self._thread = threading.get_ident()

    def collects(self, phase: str, _info: dict[str, int]) -> None:
        """Garbage is collected (`gc.callbacks`)."""
        if threading.get_ident() != self._thread:
            return
        if phase == "start":
            self._began = time.thread_time()
        else:
            self._collecting += time.thread_time() - self._began

    async def watch(self) -> None:
        """Beat for ever; what was computed between two beats happened in one turn, or nearly."""
        before = time.thread_time() - self._collecting
        while True:
            await asyncio.sleep(0.002)
            now = time.thread_time() - self._collecting
            self.longest = max(self.longest, now - before)
            before = now


@pytest_asyncio.fixture
async def watchdog() -> AsyncIterator[Watchdog]:
    """For tests that run a hub in their own loop: fails the test after a turn of more than 50 ms."""
    watchdog = Watchdog()
    gc.callbacks.append(watchdog.collects)
    task = asyncio.create_task(watchdog.watch())
    yield watchdog
    task.cancel()
    gc.callbacks.remove(watchdog.collects)
    assert watchdog.longest < LONGEST_TURN, f"the loop had no turn for {watchdog.longest * 1000:.0f} ms"
