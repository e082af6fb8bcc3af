"""An office with nothing but its web side, for tests, and a citizen who has begun to write to it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from routing.inbound import Arrival, Operator
from tests.citizen import Citizen
from tests.hub import RunningHub, hub_at

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
ANNA = Operator("1", "Anna Bianchi")


@pytest_asyncio.fixture(name="office")
async def office_fixture(tmp_path: Path) -> AsyncIterator[RunningHub]:
    """An office that is always there, and sets no limits."""
    async with hub_at(tmp_path) as running:
        yield running


@pytest_asyncio.fixture(name="maria")
async def maria_fixture(office: RunningHub) -> AsyncIterator[Citizen]:
    """A citizen who has begun a conversation."""
    async with Citizen(office.url) as citizen:
        assert (await citizen.start("Buongiorno", name="Maria")).status_code == 201
        yield citizen


def by_anna(key: str, message: str | None = None) -> Arrival:
    """A gesture of an operator; with ``message``, about a message of hers on her platform."""
    return Arrival("desk", key, "desk", ANNA, message)


async def raw(office: RunningHub, content: bytes, *, end: bool = False) -> bytes:
    """Send these very bytes; what comes back until the server closes, or has answered once."""
    reader, writer = await asyncio.open_connection(*office.url.removeprefix("http://").split(":"))
    try:
        writer.write(content)
        if end:
            writer.write_eof()
        async with asyncio.timeout(20):
            return await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        return error.partial
    finally:
        writer.close()
