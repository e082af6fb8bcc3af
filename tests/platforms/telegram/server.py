"""The stand-in's HTTP side: the Bot API under /bot<token>/, files under /file/bot<token>/."""

import asyncio
from collections.abc import Callable
from typing import Any

from aiohttp import web

from ..faults import Fault
from .arguments import Arguments, read
from .backend import Backend, Call
from .errors import NOT_FOUND, UNAUTHORIZED, TelegramRefusal, too_many
from .faults import refusal
from .methods import METHODS, Method
from .methods.files import at_path
from .methods.others import polled

MAX_BODY = 64 * 1024 * 1024
GET_UPDATES = "getUpdates"
_SENDS = ("sendMessage", "sendDocument", "sendPhoto")
"""What counts against the limit of messages to a chat."""


class Server:
    """Turns HTTP requests into changes of the backend."""

    def __init__(self, backend: Backend, now: Callable[[], float]) -> None:
        self._telegram = backend
        self._now = now

    def add_to(self, app: web.Application) -> None:
        """Add the routes to an application; what no route has taken before is answered 404."""
        app.router.add_get("/file/bot{token}/{path:.+}", self.download)
        app.router.add_route("*", "/bot{token}/{method}", self.api)
        app.router.add_route("*", "/{rest:.*}", self.nothing)

    async def nothing(self, request: web.Request) -> web.StreamResponse:
        """There is no such address."""
        return refusal(NOT_FOUND)

    async def api(self, request: web.Request) -> web.StreamResponse:
        """One call."""
        name = request.match_info["method"]
        method = METHODS.get(name.lower())
        is_poll = name.lower() == GET_UPDATES.lower()
        call = Call(GET_UPDATES if is_poll else method.name if method else name, {}, self._now())
        self._telegram.calls.append(call)
        try:
            args = await read(request)
            call.arguments = args.values
            self._check_token(request.match_info["token"])
        except TelegramRefusal as refused:
            call.outcome = refused.description
            self._telegram.changes.ring()
            return refusal(refused)
        fault = self._telegram.faults.take(call.method, args.values)
        if is_poll and fault is None:
            return await self._poll(call, args)

        def work() -> web.StreamResponse:
            return self._answer(call, lambda: self._run(method, args))

        return await self._perform(request, fault, work, call)

    async def _poll(self, call: Call, args: Arguments) -> web.StreamResponse:
        """getUpdates, which waits for news."""
        try:
            found = await self._telegram.updates.poll(polled(args))
        except TelegramRefusal as refused:
            call.outcome = refused.description
            self._telegram.changes.ring()
            return refusal(refused)
        except asyncio.CancelledError:
            call.outcome = "given up"
            self._telegram.changes.ring()
            raise
        return self._answer(call, lambda: found)

    def _run(self, method: Method | None, args: Arguments) -> Any:
        if method is None:
            raise NOT_FOUND
        if method.name in _SENDS and (wait := self._telegram.limits.wait(args.text("chat_id") or "")):
            raise too_many(wait)
        return method.run(self._telegram, args)

    def _answer(self, call: Call, work: Callable[[], Any]) -> web.Response:
        try:
            answer = web.json_response({"ok": True, "result": work()})
            call.outcome = "ok"
        except TelegramRefusal as refused:
            call.outcome = refused.description
            answer = refusal(refused)
        self._telegram.changes.ring()
        return answer

    async def _perform(
        self,
        request: web.Request,
        fault: Fault | None,
        work: Callable[[], web.StreamResponse],
        call: Call,
    ) -> web.StreamResponse:
        if fault is None:
            return work()
        call.outcome = type(fault).__name__
        self._telegram.changes.ring()
        try:
            return await fault.perform(request, work)
        except asyncio.CancelledError:
            call.outcome = "given up"
            raise
        finally:
            self._telegram.changes.ring()

    def _check_token(self, token: str) -> None:
        number, colon, secret = token.partition(":")
        if not (colon and number.isdecimal() and secret):
            raise NOT_FOUND
        if token != self._telegram.token or self._telegram.is_revoked:
            raise UNAUTHORIZED

    async def download(self, request: web.Request) -> web.StreamResponse:
        """A file's bytes."""
        call = Call("download", {"path": request.match_info["path"]}, self._now())
        self._telegram.calls.append(call)

        def work() -> web.StreamResponse:
            try:
                self._check_token(request.match_info["token"])
                file = at_path(self._telegram, request.match_info["path"])
                if file is None:
                    raise NOT_FOUND
            except TelegramRefusal as refused:
                call.outcome = refused.description
                return refusal(refused)
            call.outcome = "ok"
            return web.Response(body=file.content, content_type="application/octet-stream")

        return await self._perform(
            request, self._telegram.faults.take("download", call.arguments), work, call
        )
