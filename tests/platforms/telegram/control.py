"""The stand-in's gestures over HTTP, for tests and demos in another process."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from aiohttp import web

from .. import faults as common
from . import faults

if TYPE_CHECKING:
    from .stand_in import TelegramStandIn

GESTURES = (
    "operator_says",
    "operator_edits",
    "operator_deletes",
    "operator_reacts",
    "operator_presses",
    "operator_opens_topic",
    "operator_closes_topic",
    "operator_reopens_topic",
    "operator_deletes_topic",
)
FAULTS = {
    "flood_wait": faults.FloodWait,
    "refused": faults.Refused,
    "http_error": common.HttpError,
    "hang_up": common.HangUp,
    "lost_reply": common.LostReply,
    "hang": common.Hang,
}


class Control:
    """The routes under /control/.

    POST /control/GESTURE with the method's arguments as a JSON object answers {"result": number};
    GET /control/topics, /control/thread/NUMBER, /control/messages, /control/calls and /control/pending
    answer lists; POST /control/faults {"method", "fault", "with": {...}, "times"} plans a fault;
    POST /control/redeliver answers how many updates come again.
    A wrong argument of a gesture is answered 400 with the reason.
    """

    def __init__(self, telegram: TelegramStandIn) -> None:
        self._telegram = telegram

    def add_to(self, app: web.Application) -> None:
        """Add the routes to an application."""
        app.router.add_post(f"/control/{{gesture:{'|'.join(GESTURES)}}}", self.gesture)
        app.router.add_get("/control/{what:topics|messages|calls|pending}", self.seen)
        app.router.add_get("/control/thread/{thread}", self.thread)
        app.router.add_post("/control/faults", self.plan)
        app.router.add_post("/control/redeliver", self.redeliver)

    async def gesture(self, request: web.Request) -> web.Response:
        """One of the people's gestures; `file` is a pair of name and text."""
        arguments = await request.json()
        if "file" in arguments:
            name, text = arguments["file"]
            arguments["file"] = (name, text.encode())
        try:
            result = await getattr(self._telegram, request.match_info["gesture"])(**arguments)
        except (LookupError, TypeError, ValueError) as wrong:
            return web.json_response({"error": str(wrong)}, status=400)
        return web.json_response({"result": result})

    async def seen(self, request: web.Request) -> web.Response:
        """The topics, what stands outside of them, the calls so far, or the updates not confirmed."""
        what = request.match_info["what"]
        telegram = self._telegram
        found: list[Any] = {
            "topics": telegram.topics,
            "messages": telegram.messages,
            "calls": lambda: list(telegram.calls),
            "pending": telegram.pending,
        }[what]()
        return web.json_response([_json(one) for one in found])

    async def thread(self, request: web.Request) -> web.Response:
        """A topic as people see it."""
        shown = self._telegram.thread(int(request.match_info["thread"]))
        return web.json_response([_json(one) for one in shown])

    async def plan(self, request: web.Request) -> web.Response:
        """Plan a fault."""
        wanted = await request.json()
        fault = FAULTS[wanted["fault"]](**wanted.get("with", {}))
        self._telegram.faults.add(wanted["method"], fault, times=wanted.get("times", 1))
        return web.json_response({"result": "planned"})

    async def redeliver(self, request: web.Request) -> web.Response:
        """Deliver everything confirmed once more."""
        return web.json_response({"result": self._telegram.redeliver()})


def _json(record: Any) -> dict[str, Any]:
    if isinstance(record, dict):
        return record
    fields = {field.name: getattr(record, field.name) for field in dataclasses.fields(record)}
    # The record behind what is shown holds bytes; what people see says it all.
    return {name: value for name, value in fields.items() if name != "wire"}
