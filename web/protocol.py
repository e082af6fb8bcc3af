"""Uvicorn's HTTP protocol, with a bound on what comes before a request's body, and with answers in one piece."""

import asyncio
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_LIMIT = 64 * 1024
"""Bytes of a request's line and headers: nginx takes 32 KiB, browsers send less than 16."""

_REFUSAL = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-type: text/plain\r\ncontent-length: 25\r\nconnection: close\r\n\r\n"
    b"The headers are too large"
)


class GatheringTransport:
    """A transport on which what is written in one turn of the loop goes out together.

    Uvicorn writes an answer's head and its body apart, and uvloop hands each to the system at once: two calls, two
    packets, and twice the work for whoever reads them.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._held: list[bytes] = []
        self._soon = asyncio.get_running_loop().call_soon

    def write(self, data: bytes) -> None:
        """Send it at the end of this turn."""
        if not self._held:
            self._soon(self._let_go)
        self._held.append(data)

    def close(self) -> None:
        """Close it once everything has been sent."""
        self._let_go()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def _let_go(self) -> None:
        if self._held:
            held, self._held = self._held, []
            self._transport.write(b"".join(held))


class BoundedProtocol(HttpToolsProtocol):
    """Refuses a request whose head goes on past ``HEAD_LIMIT``: it would fill the memory, piece by piece.

    Neither uvicorn nor its parser has a bound for it.
    """

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._in_head = True
        self._head = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Somebody connected."""
        super().connection_made(cast("asyncio.Transport", GatheringTransport(transport)))

    def data_received(self, data: bytes) -> None:
        """Parse what came."""
        super().data_received(data)
        if self._in_head:
            self._head += len(data)
            if self._head > HEAD_LIMIT and not self.transport.is_closing():
                self.transport.write(_REFUSAL)
                self.transport.close()

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._in_head, self._head = True, 0

    def on_headers_complete(self) -> None:
        """Its body begins."""
        super().on_headers_complete()
        self._in_head, self._head = False, 0
