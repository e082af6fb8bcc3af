"""The line between a citizen's device and the hub, for tests: a relay on loopback that can be cut, or lose answers."""

import asyncio
import contextlib
import random
from collections import Counter
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

_PIECE = 65536
_STREAM = b"text/event-stream"
_METHODS = (b"GET ", b"POST ", b"DELETE ")
_LOST = b"lost"
_LAST_CHUNK = b"0\r\n\r\n"


class Line:
    """Relays to the hub at ``hub_url``; the device uses ``url``.

    ``cut`` breaks every connection and refuses new ones, ``mend`` takes it back. While ``loses_answers``, a
    POST reaches the hub and its answer never comes back. While ``buffers``, an event stream is held back for as long
    as it lasts, as some proxies and virus scanners do. ``latency`` is how many seconds everything takes, each way. Once
    ``fails`` is called, a share of all that is sent is lost, and the connection with it: on the way to the hub, on the
    way back, or in the middle of a stream.
    """

    def __init__(self, hub_url: str) -> None:
        self._hub_port = urlsplit(hub_url).port
        self._server: asyncio.Server | None = None
        self._relays: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._is_cut = False
        self.loses_answers = False
        self.buffers = False
        self.latency = 0.0
        self._failing = 0.0
        self._chance = random.Random()
        self.lost = Counter[str]()
        """What was lost: requests, answers, pieces of streams."""
        self.refused = 0
        """Connections tried while it was cut."""

    @property
    def url(self) -> str:
        """Where the device finds the hub."""
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def cut(self) -> None:
        """The network is gone: connections break at once."""
        self._is_cut = True
        for writer in self._writers:
            writer.transport.abort()

    def fails(self, share: float, seed: int) -> None:
        """From now on lose a share of everything, the same at each run as far as the device asks the same."""
        self._failing = share
        self._chance = random.Random(seed)

    def _loses(self, what: str) -> bool:
        lost = self._chance.random() < self._failing
        self.lost[what] += lost
        return lost

    def mend(self) -> None:
        """The network is back."""
        self._is_cut = False

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._take, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()
        for relay in list(self._relays):
            relay.cancel()
        await asyncio.gather(*self._relays, return_exceptions=True)

    def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            self.refused += 1
            writer.transport.abort()
            return
        relay = asyncio.create_task(self._relay(reader, writer))
        self._relays.add(relay)
        relay.add_done_callback(self._relays.discard)

    async def _relay(self, device: asyncio.StreamReader, to_device: asyncio.StreamWriter) -> None:
        from_hub, to_hub = await asyncio.open_connection("127.0.0.1", self._hub_port)
        both = {to_device, to_hub}
        self._writers |= both
        asked: list[bytes] = []
        try:
            pumps = [self._up(device, to_hub, asked), self._down(from_hub, to_device, asked)]
            tasks = [asyncio.create_task(pump) for pump in pumps]
            try:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
        finally:
            self._writers -= both
            for writer in both:
                writer.close()

    async def _up(self, device: asyncio.StreamReader, hub: asyncio.StreamWriter, asked: list[bytes]) -> None:
        with contextlib.suppress(ConnectionError):
            while piece := await device.read(_PIECE):
                if piece.startswith(_METHODS):
                    asked[:] = [piece[:5]]
                    if self._loses("requests"):
                        return
                    if self._loses("answers"):
                        asked[:] = [_LOST]
                await asyncio.sleep(self.latency)
                hub.write(piece)
                await hub.drain()

    async def _down(
        self, hub: asyncio.StreamReader, device: asyncio.StreamWriter, asked: list[bytes]
    ) -> None:
        held: list[bytes] = []
        with contextlib.suppress(ConnectionError):
            while piece := await hub.read(_PIECE):
                if asked == [_LOST] or (self.loses_answers and asked == [b"POST "]):
                    return
                if not piece.startswith(b"HTTP/") and self._loses("pieces of streams"):
                    return
                await asyncio.sleep(self.latency)
                if self.buffers and (held or _STREAM in piece):
                    held.append(piece)
                    if not piece.endswith(_LAST_CHUNK):
                        continue
                    piece = b"".join(held)
                    held.clear()
                device.write(piece)
                await device.drain()
            device.write(b"".join(held))
