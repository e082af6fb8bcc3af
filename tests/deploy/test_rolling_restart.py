"""Two hubs behind a real nginx are restarted one after the other, under load: no citizen notices."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from tests.citizen import Citizen
from tests.nginx import nginx_words
from tests.postgres import PostgreSQL, postgresql
from tests.program import ROOT, free_port
from tests.redis_server import Redis
from tests.region import PATIENCE, Region, region_of

NGINX = (ROOT / "deploy" / "nginx-region.conf").read_text()
CITIZENS = 6
ROUNDS = 2


@pytest.fixture(name="server")
def server_fixture() -> Iterator[PostgreSQL]:
    """A PostgreSQL of this test's own."""
    with postgresql() as server:
        yield server


@pytest_asyncio.fixture(name="region")
async def region_fixture(tmp_path: Path, server: PostgreSQL) -> AsyncIterator[Region]:
    """Two hubs."""
    async with Redis() as redis, region_of(tmp_path, server, redis, ("all", "all")) as region:
        yield region


@pytest_asyncio.fixture(name="address")
async def address_fixture(tmp_path: Path, region: Region) -> AsyncIterator[str]:
    """The hubs behind nginx, by the configuration that is shipped, without TLS: where browsers go."""
    port = free_port()
    words = nginx_words(
        tmp_path,
        NGINX,
        ("listen 443 ssl;", f"listen 127.0.0.1:{port};"),
        ("127.0.0.1:8001", f"127.0.0.1:{region.hubs[0].port}"),
        ("127.0.0.1:8002", f"127.0.0.1:{region.hubs[1].port}"),
    )
    process = await asyncio.create_subprocess_exec(*words)
    async with asyncio.timeout(PATIENCE), httpx.AsyncClient() as http:
        while True:
            try:
                await http.get(f"http://127.0.0.1:{port}/healthz")
                break
            except httpx.TransportError:
                await asyncio.sleep(0.05)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        await process.wait()


class Page:
    """A citizen's page: writes one message after the other, and looks on. Nothing is tried again."""

    def __init__(self, address: str, number: int) -> None:
        self.citizen = Citizen(address)
        self._number = number
        self.written: list[str] = []
        self.seen: list[tuple[int, str]] = []
        self.streams = 0

    async def writes(self, over: asyncio.Event) -> None:
        """Until it is over; any answer but "stored" fails the test."""
        while not over.is_set() or len(self.written) < 2:
            text = f"{self._number}/{len(self.written)}"
            first = not self.citizen.id
            answer = await (self.citizen.start(text) if first else self.citizen.say(text))
            assert answer.status_code == 201, answer.text
            self.written.append(text)

    async def looks_on(self) -> None:
        """The stream, opened again from where it was whenever it ends; it must open each time."""
        while not self.citizen.id:  # noqa: ASYNC110 - the first message makes it
            await asyncio.sleep(0.01)
        last = 0
        while True:
            self.streams += 1
            async with self.citizen.listening(last) as stream:
                try:
                    while True:
                        event = await stream.next("message")
                        assert event.id is not None
                        last = event.id
                        self.seen.append((event.id, event.data["text"]))
                except (EOFError, httpx.TransportError):  # the hub stops: the page opens it again
                    pass


async def test_nobody_loses_a_message_or_sees_an_error_while_hubs_are_restarted(
    region: Region, address: str
) -> None:
    over = asyncio.Event()
    pages = [Page(address, number) for number in range(CITIZENS)]
    looking = [asyncio.create_task(page.looks_on()) for page in pages]
    writing = [asyncio.create_task(page.writes(over)) for page in pages]
    for _ in range(ROUNDS):
        for hub in region.hubs:
            await hub.stop()
            await hub.start()
            await region.until(hub, lambda report: report["storage"] == "ok")
    over.set()
    await asyncio.gather(*writing)
    async with asyncio.timeout(PATIENCE):
        while any(len(page.seen) < len(page.written) for page in pages):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    for task in looking:
        assert not task.done(), task.exception()
        task.cancel()
    await asyncio.gather(*looking, return_exceptions=True)
    for page in pages:
        await page.citizen.http.aclose()
        assert page.seen == list(enumerate(page.written, 1))
    assert sum(page.streams for page in pages) > CITIZENS  # they were interrupted, and went on
