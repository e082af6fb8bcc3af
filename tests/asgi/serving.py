"""Serves a Flask application with the real uvicorn, in the test's own loop; and clients down to the bytes."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Iterable
from typing import Any

import httpx
import uvicorn

from web.asgi import LoopFlask

PATIENCE = 5.0
"""Seconds until a test gives up waiting."""


class Site:
    """A running server."""

    def __init__(self, port: int, server: uvicorn.Server, http: httpx.AsyncClient) -> None:
        self.port = port
        self.server = server
        self.http = http

    @contextlib.asynccontextmanager
    async def wire(self) -> AsyncIterator["Wire"]:
        """A connection that speaks no protocol of its own."""
        wire = Wire(*await asyncio.open_connection("127.0.0.1", self.port))
        try:
            yield wire
        finally:
            wire.hang_up()

    async def idle(self) -> None:
        """Wait until the server has no request left."""
        async with asyncio.timeout(PATIENCE):
            while self.server.server_state.tasks:
                await asyncio.wait(set(self.server.server_state.tasks))
                await asyncio.sleep(0)


class Wire:
    """One TCP connection of a client."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def send(self, *parts: bytes) -> None:
        """Send bytes as they are."""
        for part in parts:
            self._writer.write(part)
        await self._writer.drain()

    async def ask(self, line: str, *headers: str, body: bytes = b"") -> None:
        """Send a request line with headers, and what there is of a body."""
        await self.send("\r\n".join([f"{line} HTTP/1.1", "Host: x", *headers, "", ""]).encode(), body)

    async def until(self, mark: bytes) -> bytes:
        """What arrives, up to and with ``mark``."""
        async with asyncio.timeout(PATIENCE):
            return await self._reader.readuntil(mark)

    async def head(self) -> tuple[int, dict[str, str]]:
        """The status and the headers of an answer."""
        first, *lines = (await self.until(b"\r\n\r\n")).decode("latin-1").strip().split("\r\n")
        return int(first.split()[1]), {
            name.lower(): value for name, value in (line.split(": ", 1) for line in lines)
        }

    async def rest(self) -> bytes:
        """Everything until the server closes the connection."""
        async with asyncio.timeout(PATIENCE):
            return await self._reader.read()

    def hang_up(self) -> None:
        """Be gone, as a phone without a network is."""
        self._writer.transport.abort()


@contextlib.asynccontextmanager
async def served(app: LoopFlask, **options: Any) -> AsyncIterator[Site]:
    """The application on a real socket."""
    shipped = "uvloop" in type(asyncio.get_running_loop()).__module__
    config = uvicorn.Config(
        app.asgi,
        interface="asgi3",
        http="httptools" if shipped else "h11",
        lifespan="on",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=1,
        **options,
    )
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        await server.startup(sockets=[listener])
        # No certificates are read for a loopback address: that takes longer than most of these tests.
        plain = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", verify=plain) as http:
            site = Site(port, server, http)
            try:
                yield site
            finally:
                await _stop(server, site)


async def _stop(server: uvicorn.Server, site: Site) -> None:
    """Hang up on everybody; faster than uvicorn's own way, which counts in tenths of a second."""
    for taken in server.servers:
        taken.close()
    for connection in list(server.server_state.connections):
        connection.transport.abort()  # type: ignore[union-attr]
    await site.idle()
    await server.lifespan.shutdown()


class Call:
    """One request made of ASGI messages, for what no socket shows."""

    def __init__(
        self, app: LoopFlask, method: str, path: str, *incoming: dict[str, Any], **scope: Any
    ) -> None:
        self.app = app
        self.scope = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "query_string": b"",
            "root_path": "",
            "headers": [],
            "client": ("192.0.2.1", 4711),
            "server": ("127.0.0.1", 8000),
        } | scope
        self.asked = 0
        """How often the application asked for a piece of the request."""
        self.sent: list[dict[str, Any]] = []
        self._incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.comes(*incoming)

    def comes(self, *messages: dict[str, Any]) -> None:
        """Let these come in."""
        for message in messages:
            self._incoming.put_nowait(message)

    async def receive(self) -> dict[str, Any]:
        """ASGI's ``receive``."""
        self.asked += 1
        return await self._incoming.get()

    async def send(self, message: Any) -> None:
        """ASGI's ``send``."""
        self.sent.append(message)

    async def run(self) -> "Call":
        """Serve it to the end."""
        async with asyncio.timeout(PATIENCE):
            await self.app.asgi(self.scope, self.receive, self.send)
        return self

    @property
    def status(self) -> int:
        """The answer's status."""
        status: int = self.sent[0]["status"]
        return status

    @property
    def body(self) -> bytes:
        """The answer's body."""
        return b"".join(message["body"] for message in self.sent[1:])


def part(body: bytes, more: bool = False) -> dict[str, Any]:
    """A piece of a request's body."""
    return {"type": "http.request", "body": body, "more_body": more}


GONE = {"type": "http.disconnect"}


def chunked(pieces: Iterable[bytes]) -> bytes:
    """A body in HTTP/1.1's chunked transfer coding, without its end."""
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
