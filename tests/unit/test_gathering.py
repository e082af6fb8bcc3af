"""An answer's head and body go out together, in order, and nothing of them is lost at the end."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from web.protocol import GatheringTransport

Line = tuple[GatheringTransport, socket.socket]


@pytest_asyncio.fixture(name="line")
async def line_fixture() -> AsyncIterator[Line]:
    """A transport, and the other end of its line."""
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    transport, _ = await asyncio.get_running_loop().create_connection(asyncio.Protocol, sock=ours)
    yield GatheringTransport(transport), theirs
    transport.close()
    theirs.close()


async def test_what_is_written_in_one_turn_goes_out_together(line: Line) -> None:
    transport, other = line
    transport.write(b"head ")
    transport.write(b"body")
    with pytest.raises(BlockingIOError):
        other.recv(100)
    assert await asyncio.get_running_loop().sock_recv(other, 100) == b"head body"
    transport.write(b"more")
    assert await asyncio.get_running_loop().sock_recv(other, 100) == b"more"


async def test_what_was_written_before_the_end_is_sent(line: Line) -> None:
    transport, other = line
    transport.write(b"last words")
    transport.close()
    assert await asyncio.get_running_loop().sock_recv(other, 100) == b"last words"
    assert await asyncio.get_running_loop().sock_recv(other, 100) == b""
