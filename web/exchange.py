"""One HTTP exchange over ASGI: the request's body in, the answer out, and whether anybody is still there."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, MutableMapping
from types import TracebackType
from typing import Any

from werkzeug.exceptions import ClientDisconnected

from web.greenlets import wait

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ExcInfo = tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None]

_WORD_OF_LEAVING = 0.1
"""Seconds that the server has to tell us of a client's leaving, after a send to it failed."""


class GoneError(Exception):
    """The client went away while it was being answered."""


class Exchange:
    """What is known of one request's connection; made for each request, so it is kept small."""

    __slots__ = (
        "_begun",
        "_cancelled",
        "_gone",
        "_headers",
        "_receive",
        "_send",
        "_status",
        "_watcher",
        "bodiless",
        "finished",
        "left",
        "unread",
    )

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._status = 0
        self._headers: list[tuple[bytes, bytes]] = []
        self._begun = False
        self._gone = False
        self._watcher: asyncio.Task[None] | None = None
        self._cancelled: asyncio.Task[Any] | None = None
        self.unread = False
        """More of the request's body may come."""
        self.left: int | None = None
        """Bytes of the answer still to be sent, where its status or its Content-Length says so."""
        self.bodiless = False
        """The answer is to a HEAD, or its status allows no body."""
        self.finished = False
        """The answer was sent whole."""

    # What comes in

    async def piece(self) -> bytes:
        """The next piece of the request's body; empty at its end.

        Raises
        ------
        ClientDisconnected
            If the client goes away before the end.
        """
        while self.unread:
            message = await self._next()
            if self._gone:
                raise ClientDisconnected
            if body := message.get("body", b""):
                return bytes(body)
        return b""

    async def _next(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            self._gone = True
        else:
            self.unread = message.get("more_body", False)
        return message

    # What goes out

    def start(
        self, status: str, headers: list[tuple[str, str]], exc_info: ExcInfo | None = None
    ) -> Callable[[bytes], object]:
        """WSGI's ``start_response``."""
        if exc_info is not None and exc_info[1] is not None and self._begun:
            raise exc_info[1].with_traceback(exc_info[2])
        self._status = int(status[:3])
        self._headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        self.left = 0 if self._status in (204, 304) else None
        for name, value in self._headers:
            if name == b"content-length":
                self.left = int(value)
        return self._write_now

    def _write_now(self, chunk: bytes) -> None:
        wait(self.write(chunk))

    async def begin(self) -> None:
        """Send the status and the headers."""
        self._begun = True
        headers, self._headers = self._headers, []
        await self._put({"type": "http.response.start", "status": self._status, "headers": headers})

    async def write(self, chunk: bytes) -> None:
        """Send a chunk of the body.

        Where more is to come the loop has a turn: a body that never has to wait would keep it for itself.

        Raises
        ------
        GoneError
            If nobody is there any more.
        """
        if self._gone:
            raise GoneError
        if not self._begun:
            await self.begin()
        if self.left is not None:
            self.left -= len(chunk)
        self.finished = self.left == 0
        await self._put({"type": "http.response.body", "body": chunk, "more_body": not self.finished})
        if not self.finished:
            self.watch()
            await asyncio.sleep(0)

    async def answer(self, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
        """Send a whole answer at once; ``headers`` in lower case, the body's length among them.

        Raises
        ------
        GoneError
            If nobody is there any more.
        """
        self._begun = self.finished = True
        await self._put({"type": "http.response.start", "status": status, "headers": headers})
        await self._put({"type": "http.response.body", "body": body})

    async def finish(self) -> None:
        """Say that the body is whole."""
        if not self._begun:
            await self.begin()
        if not self.finished:
            self.finished = True
            await self._put({"type": "http.response.body", "body": b"", "more_body": False})

    async def _put(self, message: Message) -> None:
        try:
            await self._send(message)
        except OSError:  # what ASGI 2.4 has for it
            self._gone = True
            raise GoneError from None
        except RuntimeError:  # from uvloop's transport, before uvicorn knows; or a fault in the answer
            if not await self._has_left():
                raise
            raise GoneError from None

    async def _has_left(self) -> bool:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_WORD_OF_LEAVING):
                while not self._gone:
                    await self._next()
        return self._gone

    # Whether anybody is there

    def watch(self, *, discard: bool = False) -> None:
        """From now on, cancel the current task when the client goes away.

        Only one can receive: as long as the request's body is not read to its end nothing is done, unless
        what is left of it is to be discarded.
        """
        if self._watcher is None and (discard or not self.unread):
            task = asyncio.current_task()
            assert task is not None
            self._watcher = asyncio.create_task(self._cancel_when_gone(task))

    async def _cancel_when_gone(self, task: asyncio.Task[Any]) -> None:
        while not self._gone:
            await self._next()
        self._cancelled = task
        task.cancel()

    def unwatch(self) -> None:
        """From now on, cancel nothing: what closes and clears up shall come to its end."""
        if self._watcher is not None:
            self._watcher.cancel()

    def only_gone(self) -> bool:
        """Whether the task was cancelled because the client went away, and for no other reason."""
        return self._cancelled is not None and self._cancelled.cancelling() == 1

    def close(self) -> None:
        """The exchange is over; a cancellation by ``watch`` has done its work and is taken back."""
        self.unwatch()
        if self._cancelled is not None:
            self._cancelled.uncancel()
