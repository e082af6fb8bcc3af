"""The stand-in's HTTP side: Web API, WebSocket, uploads, downloads, response_urls."""

import asyncio
from collections.abc import Callable

from aiohttp import web

from ..faults import Fault
from .arguments import Arguments, read
from .backend import Backend, Call
from .errors import SlackError, invalid_arguments
from .faults import too_fast
from .methods import METHODS, Method
from .methods.chat import answer_interaction
from .methods.files import receive
from .records import Json

MAX_BODY = 64 * 1024 * 1024
_LOGIN_PAGE = "<!DOCTYPE html><html><head><title>Sign in | Slack</title></head><body>Sign in</body></html>"


class Server:
    """Turns HTTP requests into changes of the backend."""

    def __init__(self, backend: Backend, now: Callable[[], float]) -> None:
        self._slack = backend
        self._now = now

    def application(self) -> web.Application:
        """A fresh aiohttp application with all routes."""
        app = web.Application(client_max_size=MAX_BODY)
        app.router.add_route("*", "/api/{method}", self.api)
        app.router.add_get("/link/", self.link)
        app.router.add_post("/upload/v1/{file}", self.upload)
        app.router.add_get("/files-pri/{file}/{rest:.*}", self.download)
        app.router.add_post("/response/{key}", self.respond)
        return app

    async def api(self, request: web.Request) -> web.StreamResponse:
        """One Web API call."""
        name = request.match_info["method"]
        call = Call(name, {}, self._now())
        self._slack.calls.append(call)
        try:
            args, token = await read(request)
        except SlackError as refused:
            call.outcome = refused.error
            return web.json_response(refused.answer())
        call.arguments = args.values
        fault = self._slack.faults.take(name, args.values)

        def work() -> web.StreamResponse:
            return self._answer(call, args, token)

        return await self._perform(request, fault, work, call)

    async def _perform(
        self,
        request: web.Request,
        fault: Fault | None,
        work: Callable[[], web.StreamResponse],
        call: Call,
    ) -> web.StreamResponse:
        if fault is None:
            answer = work()
            self._slack.changes.ring()
            return answer
        call.outcome = type(fault).__name__
        self._slack.changes.ring()
        try:
            return await fault.perform(request, work)
        except asyncio.CancelledError:
            call.outcome = "given up"
            raise
        finally:
            self._slack.changes.ring()

    def _answer(self, call: Call, args: Arguments, token: str | None) -> web.Response:
        try:
            method = METHODS.get(call.method)
            if method is None:
                raise SlackError("unknown_method", req_method=call.method)
            self._slack.check_token(token, call.method)
            if wait := self._slack.limits.wait(call.method, args.text("channel") or ""):
                call.outcome = "ratelimited"
                return too_fast(wait)
            answer = {"ok": True, **self._handle(method, args)}
            call.outcome = "ok"
        except SlackError as refused:
            call.outcome = refused.error
            answer = refused.answer()
        return web.json_response(answer, headers={"X-OAuth-Scopes": ",".join(sorted(self._slack.scopes))})

    def _handle(self, method: Method, args: Arguments) -> Json:
        self._slack.check_scope(method.scope)
        missing = [name for name in method.required if name not in args]
        if missing:
            raise invalid_arguments(*(f"missing required field: {name}" for name in missing))
        return method.handle(self._slack, args)

    async def link(self, request: web.Request) -> web.StreamResponse:
        """A WebSocket of Socket Mode."""
        fault = self._slack.faults.take("socket", {})
        if fault is None:
            return await self._slack.socket_mode.serve(request)
        call = Call("socket", {}, self._now())
        self._slack.calls.append(call)
        return await self._perform(request, fault, lambda: web.Response(status=408), call)

    async def upload(self, request: web.Request) -> web.StreamResponse:
        """The bytes of an announced file: raw, or a form's only file."""
        if request.content_type.startswith("multipart/"):
            form = await request.post()
            parts = [p for p in form.values() if isinstance(p, web.FileField)]
            content = parts[0].file.read() if parts else b""
        else:
            content = await request.read()
        file = request.match_info["file"]
        return await self._side(
            request, "upload", lambda: web.Response(text=receive(self._slack, file, content))
        )

    async def download(self, request: web.Request) -> web.StreamResponse:
        """A file's bytes for the bot's token; for anyone else Slack's sign-in page, with status 200."""
        return await self._side(request, "download", lambda: self._file(request))

    def _file(self, request: web.Request) -> web.Response:
        file = self._slack.workspace.files.get(request.match_info["file"].partition("-")[2])
        if request.headers.get("Authorization") != f"Bearer {self._slack.bot_token}" or self._slack.revoked:
            return web.Response(text=_LOGIN_PAGE, content_type="text/html")
        if file is None or file.content is None or "files:read" not in self._slack.scopes:
            return web.Response(status=404, text=_LOGIN_PAGE, content_type="text/html")
        return web.Response(body=file.content, content_type=file.mimetype)

    async def respond(self, request: web.Request) -> web.StreamResponse:
        """A POST to a response_url."""
        body = await request.json()
        key = request.match_info["key"]
        return await self._side(
            request, "response_url", lambda: web.Response(text=answer_interaction(self._slack, key, body))
        )

    async def _side(
        self, request: web.Request, name: str, work: Callable[[], web.StreamResponse]
    ) -> web.StreamResponse:
        call = Call(name, dict(request.match_info), self._now(), "ok")
        self._slack.calls.append(call)

        def guarded() -> web.StreamResponse:
            try:
                return work()
            except SlackError as refused:
                call.outcome = refused.error
                return web.json_response(refused.answer(), status=400)

        return await self._perform(request, self._slack.faults.take(name, call.arguments), guarded, call)
