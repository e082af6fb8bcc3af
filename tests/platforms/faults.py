"""What can go wrong with a call to any platform, on request: broken answers, hanging, lost replies."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

Arguments = dict[str, Any]
Handler = Callable[[], web.StreamResponse]


class Fault:
    """One way a request can go wrong. `perform` decides whether and when the real work is done."""

    async def perform(self, request: web.Request, work: Handler) -> web.StreamResponse:
        """Answer in place of the plain answer; `work()` does what was asked and returns that answer."""
        raise NotImplementedError


@dataclass
class HttpError(Fault):
    """An answer that is no JSON, as from a proxy or a service that is down."""

    status: int = 500
    body: str = "<html><body>upstream error</body></html>"

    async def perform(self, request: web.Request, work: Handler) -> web.StreamResponse:
        """Refuse without doing anything."""
        return web.Response(status=self.status, text=self.body, content_type="text/html")


@dataclass
class Answer(Fault):
    """Any JSON in place of the answer, as from a server that speaks only part of the API."""

    body: Arguments
    status: int = 200

    async def perform(self, request: web.Request, work: Handler) -> web.StreamResponse:
        """Answer without doing anything."""
        return web.json_response(self.body, status=self.status)


@dataclass
class HangUp(Fault):
    """The connection breaks before anything was done."""

    async def perform(self, request: web.Request, work: Handler) -> web.StreamResponse:
        """Break the connection."""
        return cut(request)


@dataclass
class LostReply(Fault):
    """It was done, and the connection breaks before the answer."""

    async def perform(self, request: web.Request, work: Handler) -> web.StreamResponse:
        """Do it and break the connection."""
        work()
        return cut(request)


class Hang(Fault):
    """No answer until `release()`; then the call goes on as if nothing had been.

    With `done=True` the work is done at once and only the answer is held back. A caller that gives up
    waiting is never served.
    """

    def __init__(self, done: bool = False) -> None:
        self.done = done
        self._released = asyncio.Event()

    def release(self) -> None:
        """Let all calls that hang here go on."""
        self._released.set()

    async def perform(self, request: web.Request, work: Handler) -> web.StreamResponse:
        """Hold the call, or its answer, back."""
        if self.done:
            answer = work()
            await self._released.wait()
            return answer
        await self._released.wait()
        return work()


def cut(request: web.Request) -> web.Response:
    """Break the request's connection; the response returned can go nowhere."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


@dataclass
class Planned:
    """A fault that waits for its calls. `hits` counts those it has met, `left` is None for "always"."""

    method: str
    fault: Fault
    left: int | None
    when: Callable[[Arguments], bool] | None
    hits: int = 0


class Faults:
    """The faults to come, by method; the first planned is the first met.

    `aside` names the doors that are no methods of the platform's API (`upload`, `download`…).
    """

    def __init__(self, aside: frozenset[str]) -> None:
        self._aside = aside
        self._planned: list[Planned] = []

    def add(
        self,
        method: str,
        fault: Fault,
        times: int | None = 1,
        when: Callable[[Arguments], bool] | None = None,
    ) -> Planned:
        """Plan `fault` for the next `times` calls of `method` (None: until removed).

        `method` is one of the API's, or `*` for all of them, or one of `aside`. `when` picks calls by
        their arguments.
        """
        planned = Planned(method, fault, times, when)
        self._planned.append(planned)
        return planned

    def remove(self, planned: Planned) -> None:
        """Take a planned fault back; what hangs in it goes on."""
        self._planned.remove(planned)
        _release(planned)

    def clear(self) -> None:
        """Take all of them back and let what hangs go on."""
        for planned in self._planned:
            _release(planned)
        self._planned.clear()

    def take(self, method: str, arguments: Arguments) -> Fault | None:
        """The fault that this call meets, if any."""
        for planned in self._planned:
            fits = planned.method == method or (planned.method == "*" and method not in self._aside)
            if not fits or planned.left == 0 or (planned.when and not planned.when(arguments)):
                continue
            planned.hits += 1
            if planned.left is not None:
                planned.left -= 1
            return planned.fault
        return None


def _release(planned: Planned) -> None:
    if isinstance(planned.fault, Hang):
        planned.fault.release()
