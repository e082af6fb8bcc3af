"""What the emulator lacks before the real client library can use it: Socket Mode, and arguments in the query.

Everything else goes through untouched, so that the second opinion stays the others' own.
"""

import asyncio
import json
import uuid
from collections.abc import Callable
from typing import Any

import aiohttp
from aiohttp import WSMsgType, web

from ..slack.records import APP, Json

APP_TOKEN = "xapp-linea"


class Shim:
    """One aiohttp application: Web API proxy, Socket Mode, and the receiver of the emulator's events.

    `envelopes` are the payloads sent, by envelope; what happens while no socket is open is lost. `acks`
    are the ids of the envelopes acknowledged.
    """

    def __init__(self, changed: Callable[[], None]) -> None:
        self.emulator = ""
        self.base_url = ""
        self.envelopes: dict[str, Json] = {}
        self.acks: list[str] = []
        self._changed = changed
        self._sockets: list[web.WebSocketResponse] = []
        self._http: aiohttp.ClientSession | None = None

    def application(self) -> web.Application:
        """The application, with its client session opened and closed with it."""
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.cleanup_ctx.append(self._session)
        app.router.add_post("/api/apps.connections.open", self._open)
        app.router.add_get("/link/", self._link)
        app.router.add_post("/shim/events", self._event)
        app.router.add_route("*", "/{path:.*}", self._forward)
        return app

    @property
    def sockets(self) -> int:
        """How many sockets the app has open."""
        return len(self._sockets)

    async def _session(self, _: web.Application) -> Any:
        async with aiohttp.ClientSession(auto_decompress=False) as self._http:
            yield

    async def _open(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {APP_TOKEN}":
            return web.json_response({"ok": False, "error": "invalid_auth"})
        link = self.base_url.replace("http://", "ws://")
        return web.json_response({"ok": True, "url": f"{link}link/?ticket={uuid.uuid4().hex}"})

    async def _link(self, request: web.Request) -> web.WebSocketResponse:
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        debug = {"host": "shim", "build_number": 1, "approximate_connection_time": 18060}
        await ws.send_json(
            {"type": "hello", "num_connections": 1, "debug_info": debug, "connection_info": {"app_id": APP}}
        )
        self._sockets.append(ws)
        self._changed()
        try:
            async for message in ws:
                if message.type == WSMsgType.TEXT:
                    self.acks.append(json.loads(message.data)["envelope_id"])
                    self._changed()
        finally:
            self._sockets.remove(ws)
            self._changed()
        return ws

    async def _event(self, request: web.Request) -> web.Response:
        payload: Json = await request.json()
        event = payload["event"]
        if event.get("type") == "message":
            event.setdefault("channel_type", "channel")
            event.setdefault("event_ts", event.get("ts"))
        bot = {"team_id": payload.get("team_id"), "is_bot": True}
        payload = {"api_app_id": APP, "authorizations": [bot], **payload}
        envelope = {
            "envelope_id": str(uuid.uuid4()),
            "type": "events_api",
            "payload": payload,
            "accepts_response_payload": False,
            "retry_attempt": 0,
            "retry_reason": "",
        }
        for ws in self._sockets[-1:]:
            self.envelopes[str(envelope["envelope_id"])] = payload
            await ws.send_json(envelope)
        self._changed()
        return web.Response()

    async def _forward(self, request: web.Request) -> web.Response:
        assert self._http is not None
        method, body, headers = request.method, await request.read(), {}
        for name in ("Authorization", "Content-Type"):
            if name in request.headers:
                headers[name] = request.headers[name]
        query = dict(request.query)
        data: Any = body or None
        if request.path.startswith("/api/") and (query or method == "GET"):
            # The async client puts arguments into the query and uses GET; the emulator knows neither.
            method, data, query = "POST", {**dict(await request.post()), **query}, {}
            headers.pop("Content-Type", None)
        url = f"{self.emulator}{request.path.lstrip('/')}"
        async with self._http.request(method, url, data=data, params=query, headers=headers) as answer:
            content = await answer.read()
            kind = answer.headers.get("Content-Type", "application/octet-stream")
        self._changed()
        return web.Response(status=answer.status, body=content, headers={"Content-Type": kind})


async def line_of(stream: asyncio.StreamReader | None, seconds: float) -> str:
    """The stream's next line; empty when it ended. `TimeoutError` after `seconds`."""
    assert stream is not None
    async with asyncio.timeout(seconds):
        return (await stream.readline()).decode()
