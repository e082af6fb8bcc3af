"""A load generator in a process of its own: ``python -m bench.load``, its job as JSON on standard input.

The job is ``{"port", "connections", "seconds", "most", "kind", "conversations"}``. Kind ``write`` sends
messages to the conversations ([id, token] each), kind ``start`` starts new ones. It ends after ``seconds``
or ``most`` requests, and prints one line: ``{"answered", "refused", "seconds", "answers"}``, with the
answers' bodies where conversations were started.
"""

import asyncio
import itertools
import json
import sys
import time
import uuid
from collections.abc import Iterator
from typing import Any, cast

import httptools
import uvloop

TEXT = "Buongiorno, vorrei sapere quali documenti servono per il cambio di residenza. Grazie!"


def requests(job: dict[str, Any]) -> Iterator[bytes]:
    """The job's requests, ready to be sent; each message has a ``client_id`` of its own."""
    prefix = uuid.uuid4().hex
    numbers = itertools.islice(itertools.count(), job["most"])
    if job["kind"] == "start":
        for number in numbers:
            yield _request("/api/conversations", _from(number), f"{prefix}-{number}")
    conversations = itertools.cycle(job["conversations"])
    for number, (conversation, token) in zip(numbers, conversations, strict=False):
        path = f"/api/conversations/{conversation}/messages"
        more = f"Authorization: Bearer {token}\r\n{_from(number % len(job['conversations']))}"
        yield _request(path, more, f"{prefix}-{number}")


def _from(number: int) -> str:
    """Each citizen has an address, as a reverse proxy tells it."""
    return f"X-Forwarded-For: 10.0.{number // 256 % 256}.{number % 256}\r\n"


def _request(path: str, more: str, client_id: str) -> bytes:
    body = f'{{"client_id":"{client_id}","text":"{TEXT}"}}'.encode()
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{more}Content-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


class Connection(asyncio.Protocol):
    """One connection that is kept; it sends the next request as soon as the last one is answered."""

    def __init__(self, load: "Load") -> None:
        self._load = load
        self._parser = httptools.HttpResponseParser(self)
        self._body = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first request."""
        self._transport = cast("asyncio.Transport", transport)
        self._next()

    def data_received(self, data: bytes) -> None:
        """Part of an answer."""
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        """Part of an answer's body."""
        self._body += body

    def on_message_complete(self) -> None:
        """The answer is whole: note it, and go on."""
        self._load.answered(self._parser.get_status_code(), self._body)
        self._body = b""
        self._next()

    def connection_lost(self, error: Exception | None) -> None:
        """Closed: by us at the end, else by the server."""
        self._load.ended()

    def _next(self) -> None:
        assert self._transport is not None
        request = self._load.next()
        if request is None:
            self._transport.close()
        else:
            self._transport.write(request)


class Load:
    """All connections of a job, and what was answered."""

    def __init__(self, job: dict[str, Any]) -> None:
        self._job = job
        self._requests = requests(job)
        self._until = 0.0
        self._open = 0
        self._done = asyncio.get_running_loop().create_future()
        self.counts: dict[int, int] = {}
        self.answers: list[Any] = []
        self.last_at = 0.0

    async def run(self) -> dict[str, Any]:
        """Send until the time or the requests are over; what came of it."""
        job = self._job
        begun = time.monotonic()
        self._until = begun + job["seconds"]
        loop = asyncio.get_running_loop()
        for _ in range(job["connections"]):
            self._open += 1
            await loop.create_connection(lambda: Connection(self), "127.0.0.1", job["port"])
        async with asyncio.timeout(job["seconds"] + 30):
            await self._done
        good = sum(count for status, count in self.counts.items() if status in (200, 201))
        return {
            "answered": good,
            "refused": sum(self.counts.values()) - good,
            "seconds": self.last_at - begun,
            "answers": self.answers,
        }

    def next(self) -> bytes | None:
        """The next request, while there is time."""
        return next(self._requests, None) if time.monotonic() < self._until else None

    def answered(self, status: int, body: bytes) -> None:
        """Count an answer."""
        self.last_at = time.monotonic()
        self.counts[status] = self.counts.get(status, 0) + 1
        if self._job["kind"] == "start":
            self.answers.append(json.loads(body))

    def ended(self) -> None:
        """A connection is closed."""
        self._open -= 1
        if self._open == 0 and not self._done.done():
            self._done.set_result(None)


async def _main() -> None:
    print(json.dumps(await Load(json.loads(sys.stdin.read())).run()))


if __name__ == "__main__":
    uvloop.run(_main())
