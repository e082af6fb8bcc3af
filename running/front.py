"""The HTTP servers of an installation: one for each address that its offices name, nearly always a single one."""

import asyncio
import contextvars
from collections.abc import Callable
from pathlib import Path

from running.errors import StartError
from running.serve import Served, Server, listen, server_for
from settings import Settings

EVERY = "0.0.0.0"  # noqa: S104 - compared with, not listened on


class Front:
    """Listens where an office wants to be reached, and goes on until the end: others may be reached there, too."""

    def __init__(self, asgi: Served, end_streams: Callable[[], None]) -> None:
        self._asgi = asgi
        self._end_streams = end_streams
        self._servers: dict[tuple[str, int], tuple[Server, asyncio.Task[None]]] = {}
        self._one_at_a_time = asyncio.Lock()

    @property
    def addresses(self) -> list[str]:
        """Where it listens."""
        return [f"http://{f'[{host}]' if ':' in host else host}:{port}" for host, port in self._servers]

    async def listen(self, settings: Settings, config: Path) -> None:
        """Listen where the office's file says, unless that is done already.

        Raises
        ------
        StartError
            If that cannot be.
        """
        host, port = settings.server.host, settings.server.port
        async with self._one_at_a_time:
            if (host, port) in self._servers or (":" not in host and (EVERY, port) in self._servers):
                return
            listener = await asyncio.to_thread(listen, settings, config)
            server = server_for(self._asgi, self._end_streams)
            # In a context of its own: a request is nobody's until it is known whom it asks for.
            serving = asyncio.create_task(server.serve(sockets=[listener]), context=contextvars.Context())
            await server.listens(serving)
            if not server.started:
                raise StartError(f"{config}: nothing can be served on {host}, port {port}")
            self._servers[host, port] = (server, serving)

    async def end(self) -> None:
        """Take no more requests; those under way have a second."""
        for server, _ in self._servers.values():
            server.should_exit = True
        await asyncio.gather(*(serving for _, serving in self._servers.values()))
