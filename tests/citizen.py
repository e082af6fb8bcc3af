"""A citizen for tests: speaks the visitor's API over a real socket, as the widget does."""

import asyncio
import contextlib
import json
import ssl
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import h11  # noqa: F401 - else httpcore imports it in the midst of a turn of the loop
import httpx

TLS = ssl.create_default_context()
"""Never used, and dear to make: httpx would make one for each citizen."""
_PATIENCE = 90
"""Seconds to wait for an event."""


@dataclass
class Event:
    """One server-sent event."""

    id: int | None
    name: str
    data: dict[str, Any]


class Stream:
    """An open event stream."""

    def __init__(self, lines: AsyncIterator[str]) -> None:
        self._lines = lines
        self.heartbeats = 0

    async def next(self, *names: str) -> Event:
        """The next event of these names, passing over the others; if none is given, any but the place in the line.

        Raises
        ------
        TimeoutError
            If it does not come: heartbeats would keep the connection alive for ever.
        """
        async with asyncio.timeout(_PATIENCE):
            while True:
                event = await self._one()
                if event.name in names or (not names and event.name != "queue"):
                    return event

    async def _one(self) -> Event:
        fields: dict[str, str] = {}
        async for line in self._lines:
            if line.startswith(":"):
                self.heartbeats += 1
            elif line:
                name, _, value = line.partition(":")
                fields[name] = value.removeprefix(" ")
            elif fields:
                number = int(fields["id"]) if "id" in fields else None
                return Event(number, fields["event"], json.loads(fields["data"]))
        raise EOFError("the stream has ended")


class Citizen:
    """One citizen's browser: keeps the token, numbers nothing itself."""

    def __init__(self, url: str) -> None:
        self.http = httpx.AsyncClient(base_url=url, timeout=30, verify=TLS, trust_env=False)
        self.id = ""
        self.token = ""
        self.last = 0

    async def __aenter__(self) -> "Citizen":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.aclose()

    @property
    def headers(self) -> dict[str, str]:
        """The conversation's secret."""
        return {"Authorization": f"Bearer {self.token}"}

    async def start(self, text: str, **more: Any) -> httpx.Response:
        """Start a conversation."""
        body = {"client_id": str(uuid.uuid4()), "text": text} | more
        response = await self.http.post("/api/conversations", json=body)
        if response.status_code in (200, 201):
            self.id, self.token = response.json()["id"], response.json()["token"]
        return response

    async def say(self, text: str, client_id: str | None = None) -> httpx.Response:
        """Send a further message."""
        body = {"client_id": client_id or str(uuid.uuid4()), "text": text}
        return await self.call("POST", "/messages", json=body)

    async def call(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Any call on the conversation."""
        return await self.http.request(
            method, f"/api/conversations/{self.id}{path}", headers=self.headers, **more
        )

    @contextlib.asynccontextmanager
    async def listening(self, last: int | None = None) -> AsyncIterator[Stream]:
        """The event stream, from after ``last`` on."""
        headers = self.headers | ({"Last-Event-ID": str(last)} if last is not None else {})
        async with self.http.stream(
            "GET", f"/api/conversations/{self.id}/events", headers=headers, timeout=httpx.Timeout(30)
        ) as response:
            assert response.status_code == 200, await response.aread()
            yield Stream(response.aiter_lines())
