"""Citizens with their pages open, in a process of its own: ``python -m bench.listeners``.

The first line on standard input is the job: ``{"port", "conversations"}``. When every stream has begun it
prints ``ready``; for each message that arrives ``[text, moment]``, the moment on the monotonic clock that
all processes of the machine share. It ends with its input, or after ``LONGEST`` seconds.
"""

import asyncio
import json
import sys
import time
from functools import partial
from typing import cast

import uvloop

LONGEST = 600
_AT_ONCE = 100
"""Connections opened together: as many as fit a listening socket's queue anywhere."""


class Stream(asyncio.Protocol):
    """One open event stream."""

    def __init__(self, conversation: str, token: str) -> None:
        self._request = (
            f"GET /api/conversations/{conversation}/events HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Authorization: Bearer {token}\r\nLast-Event-ID: 1\r\n\r\n"
        ).encode()
        self.begun = asyncio.get_running_loop().create_future()
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the events."""
        cast("asyncio.Transport", transport).write(self._request)

    def data_received(self, data: bytes) -> None:
        """Report the messages in it; heartbeats are passed over."""
        moment = time.monotonic()
        if not self.begun.done():
            fine = data.startswith(b"HTTP/1.1 200")
            if fine:
                self.begun.set_result(None)
            else:
                self.begun.set_exception(RuntimeError(data[:200].decode()))
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            if line.startswith(b"data: ") and (text := json.loads(line[6:]).get("text")):
                print(json.dumps([text, moment]), flush=True)

    def connection_lost(self, error: Exception | None) -> None:
        """The program ended the stream."""
        if not self.begun.done():
            self.begun.set_exception(ConnectionError("the stream was closed at once"))


def _same(stream: Stream) -> Stream:
    return stream


async def _main() -> None:
    loop = asyncio.get_running_loop()
    job = json.loads(sys.stdin.readline())
    waiting = list(job["conversations"])
    while waiting:
        wave, waiting = waiting[:_AT_ONCE], waiting[_AT_ONCE:]
        streams = [Stream(*conversation) for conversation in wave]
        for stream in streams:
            await loop.create_connection(partial(_same, stream), "127.0.0.1", job["port"])
        async with asyncio.timeout(30):
            await asyncio.gather(*(stream.begun for stream in streams))
    print("ready", flush=True)
    async with asyncio.timeout(LONGEST):
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    uvloop.run(_main())
