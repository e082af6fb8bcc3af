"""Replies from an office's desk, each timed until it is at the citizen's socket."""

import contextlib
import re
import time
import uuid
from collections.abc import AsyncIterator

import httpx

from bench.processes import Listeners
from tests.program import Program


class Desk:
    """The desk of a running program, opened by its link."""

    def __init__(self, http: httpx.AsyncClient, csrf: str) -> None:
        self._http = http
        self._csrf = csrf

    async def reply(self, conversation: str, pages: Listeners) -> float:
        """Answer a conversation; from sending the desk's request to the event at the citizen's page, in ms."""
        text = f"Risposta {uuid.uuid4()}"
        sent = time.monotonic()
        answer = await self._http.post(
            f"/desk/{conversation}/reply",
            data={"csrf": self._csrf, "text": text},
            headers={"Accept": "application/json"},
        )
        answer.raise_for_status()
        return (await pages.arrival(text) - sent) * 1000


@contextlib.asynccontextmanager
async def desk_of(running: Program) -> AsyncIterator[Desk]:
    """Open the desk by the one-time link that the program told at its start."""
    link = re.search(r"http\S+", running.lines[1])
    assert link is not None
    async with httpx.AsyncClient(base_url=running.url, timeout=30, follow_redirects=True) as http:
        csrf = re.search(r'name="csrf" value="([^"]+)"', (await http.get(link[0])).text)
        assert csrf is not None
        yield Desk(http, csrf[1])
