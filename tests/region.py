"""Several real hubs on one PostgreSQL, with a Redis or without, as a region runs them."""

import asyncio
import contextlib
import json
import re
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx

from tests.postgres import PostgreSQL
from tests.program import Program
from tests.redis_server import Redis

PATIENCE = 60.0
"""Seconds that anything may take on a busy machine."""


class RegionHub(Program):
    """One of the hubs; ``role`` as for ``./linea serve``."""

    def __init__(self, folder: Path, role: str, data: Path, **changes: Any) -> None:
        folder.mkdir()
        (folder / "data").symlink_to(data)
        super().__init__(folder, **changes)
        self.words = ["--role", role]

    async def report(self) -> dict[str, Any]:
        """What ``/readyz`` says."""
        async with httpx.AsyncClient(base_url=self.url, timeout=30) as http:
            found: dict[str, Any] = (await http.get("/readyz")).json()
            return found

    async def leads(self) -> bool:
        """Whether it is the one that talks to the platforms."""
        try:
            return bool((await self.report()).get("leads"))
        except httpx.TransportError:
            return False

    def freeze(self) -> None:
        """SIGSTOP: it stands still, with all its connections."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """It goes on as if nothing had been."""
        self._signal(signal.SIGCONT)


class Region:
    """The hubs of one office."""

    def __init__(
        self,
        folder: Path,
        server: PostgreSQL,
        redis: Redis | None,
        roles: tuple[str, ...],
        slack: Any = None,
        telegram: Any = None,
        **changes: Any,
    ) -> None:
        self.server = server
        self.redis = redis
        data = folder / "data"
        data.mkdir(mode=0o700)
        self.hubs = []
        for number, role in enumerate(roles):
            hub = RegionHub(folder / f"hub-{number}", role, data, slack=slack, telegram=telegram, **changes)
            hub.environment |= {"DATABASE_URL": server.database_for(folder), "SECRET_KEY": "k" * 32}
            hub.environment.pop("REDIS_URL", None)
            if redis is not None:
                hub.environment["REDIS_URL"] = redis.url
            self.hubs.append(hub)

    async def start(self) -> None:
        """Start all of them at once."""
        await asyncio.gather(*(hub.start() for hub in self.hubs))

    async def end(self) -> None:
        """Stop those that still run, whatever state they are in."""
        for hub in self.hubs:
            with contextlib.suppress(ProcessLookupError, AssertionError):
                hub.thaw()
        for hub in self.hubs:
            if hub.is_running:
                await hub.kill()

    async def leader(self, without: Program | None = None) -> RegionHub:
        """The hub that leads; waits for one."""
        async with asyncio.timeout(PATIENCE):
            while True:
                for hub in self.hubs:
                    if hub is not without and hub.is_running and await hub.leads():
                        return hub
                await asyncio.sleep(0.05)

    async def one_leads(self) -> None:
        """Wait until one of them leads, and all others know that they do not."""
        async with asyncio.timeout(PATIENCE):
            while [await hub.leads() for hub in self.hubs].count(True) != 1:  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(0.05)

    def standbys(self, leader: RegionHub) -> list[RegionHub]:
        """The others."""
        return [hub for hub in self.hubs if hub is not leader]

    async def until(self, hub: RegionHub, wanted: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
        """Wait until a hub reports this."""
        async with asyncio.timeout(PATIENCE):
            while True:
                with contextlib.suppress(httpx.TransportError, json.JSONDecodeError):
                    if wanted(report := await hub.report()):
                        return report
                await asyncio.sleep(0.05)


@contextlib.asynccontextmanager
async def region_of(*words: Any, **changes: Any) -> AsyncIterator[Region]:
    """A running region."""
    region = Region(*words, **changes)
    try:
        await region.start()
        yield region
    finally:
        await region.end()


def desk_link(hub: Program) -> str:
    """The one-time link that a hub has printed."""
    (link,) = re.findall(r"(/desk/login\?key=\S+)", hub.lines[1])
    return str(link)
