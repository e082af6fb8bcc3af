"""What goes wrong with a call to Slack, in Slack's own words; the rest any platform can suffer."""

from dataclasses import dataclass, field

from aiohttp import web

from ..faults import Fault, Handler
from .records import Json

ASIDE = frozenset({"upload", "download", "response_url", "socket"})
"""Doors that are no methods: `socket` is the WebSocket's handshake."""


@dataclass
class Ratelimited(Fault):
    """HTTP 429 `ratelimited`, with `Retry-After` in whole seconds."""

    retry_after: int = 1

    async def perform(self, request: web.Request, work: Handler) -> web.StreamResponse:
        """Refuse without doing anything."""
        return too_fast(self.retry_after)


@dataclass
class Refused(Fault):
    """`{"ok": false, "error": error}`: any of Slack's own errors."""

    error: str
    extra: Json = field(default_factory=dict)

    async def perform(self, request: web.Request, work: Handler) -> web.StreamResponse:
        """Refuse without doing anything."""
        return web.json_response({"ok": False, "error": self.error, **self.extra})


def too_fast(retry_after: int) -> web.Response:
    """The answer to one who asks too often."""
    headers = {"Retry-After": str(retry_after)}
    return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers=headers)
