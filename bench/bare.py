"""What our figure is compared with: a bare ASGI app that does one group-committed insert, and nothing else.

``python -m bench.bare FOLDER`` serves it on a free port, which it prints. It runs under the same uvicorn
settings, and writes through a connection of the product's own engine, so with the same pragmas
(``synchronous=FULL``); up to as many inserts share a commit as in the product. It looks at no path, checks
no token, validates nothing, and gives an answer only after the commit.
"""

import asyncio
import queue
import socket
import sys
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import uvicorn
import uvloop

from models.engine import writer_engine
from models.journal import BATCH

_ANSWER = {"type": "http.response.body", "body": b'{"stored":true}'}
_START = {
    "type": "http.response.start",
    "status": 201,
    "headers": [(b"content-type", b"application/json"), (b"content-length", b"15")],
}


class Writer:
    """Inserts bodies in a thread; those that wait at the same time share a commit."""

    def __init__(self, url: str) -> None:
        self._loop = asyncio.get_running_loop()
        self._queue: queue.SimpleQueue[tuple[bytes, asyncio.Future[None]]] = queue.SimpleQueue()
        self._engine = writer_engine(url)
        threading.Thread(target=self._write_forever, daemon=True).start()

    def insert(self, body: bytes) -> "asyncio.Future[None]":
        """Done once it is on disk."""
        future = self._loop.create_future()
        self._queue.put((body, future))
        return future

    def _write_forever(self) -> None:
        connection: Any = self._engine.raw_connection().driver_connection
        connection.execute("CREATE TABLE message (id INTEGER PRIMARY KEY, body BLOB NOT NULL)")
        while True:
            batch = [self._queue.get()]
            while len(batch) < BATCH and not self._queue.empty():
                batch.append(self._queue.get())
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT INTO message (body) VALUES (?)", [(body,) for body, _ in batch])
            connection.execute("COMMIT")
            self._loop.call_soon_threadsafe(_settle, batch)


def _settle(batch: list[tuple[bytes, "asyncio.Future[None]"]]) -> None:
    for _, future in batch:
        if not future.done():
            future.set_result(None)


async def _main(folder: Path) -> None:
    writer = Writer(f"sqlite:///{folder}/bare.db")

    async def app(
        scope: dict[str, Any],
        receive: Callable[[], Awaitable[dict[str, Any]]],
        send: Callable[[dict[str, Any]], Awaitable[None]],
    ) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        await writer.insert(body)
        await send(_START)
        await send(_ANSWER)

    listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
    print(listener.getsockname()[1], flush=True)
    config = uvicorn.Config(
        app, interface="asgi3", http="httptools", lifespan="off", access_log=False, log_config=None
    )  # fmt: skip
    await uvicorn.Server(config).serve(sockets=[listener])


if __name__ == "__main__":
    uvloop.run(_main(Path(sys.argv[1])))
