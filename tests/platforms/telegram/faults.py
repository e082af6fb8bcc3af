"""What goes wrong with a call to Telegram, in Telegram's own words; the rest any platform can suffer."""

from dataclasses import dataclass

from aiohttp import web

from ..faults import Fault, Handler
from .errors import TelegramRefusal, bad_request, too_many
from .records import Json

ASIDE = frozenset({"download"})
"""Doors that are no methods."""


@dataclass
class FloodWait(Fault):
    """HTTP 429, with the seconds to wait in `parameters`."""

    retry_after: int = 1

    async def perform(self, request: web.Request, work: Handler) -> web.StreamResponse:
        """Refuse without doing anything."""
        return refusal(too_many(self.retry_after))


@dataclass
class Refused(Fault):
    """Any of Telegram's own refusals: `Refused("chat not found")`, `Refused("Not Found", 404)`."""

    words: str
    code: int = 400
    parameters: Json | None = None

    async def perform(self, request: web.Request, work: Handler) -> web.StreamResponse:
        """Refuse without doing anything."""
        if self.code == 400:
            return refusal(bad_request(self.words, self.parameters))
        return refusal(TelegramRefusal(self.code, self.words, self.parameters))


def refusal(refused: TelegramRefusal) -> web.Response:
    """A refusal as an HTTP answer."""
    headers = {}
    if refused.parameters and "retry_after" in refused.parameters:
        headers["Retry-After"] = str(refused.parameters["retry_after"])
    return web.json_response(refused.answer(), status=refused.code, headers=headers)
