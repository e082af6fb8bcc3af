"""The stand-in's gestures over HTTP, for tests and demos in another process."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from aiohttp import web

from .. import faults as common
from . import faults

if TYPE_CHECKING:
    from .stand_in import SlackStandIn

GESTURES = (
    "operator_says",
    "operator_edits",
    "operator_deletes",
    "operator_reacts",
    "operator_presses",
    "operator_submits",
    "operator_opens_home",
    "unfurl",
)
FAULTS = {
    "ratelimited": faults.Ratelimited,
    "http_error": common.HttpError,
    "refused": faults.Refused,
    "hang_up": common.HangUp,
    "lost_reply": common.LostReply,
    "hang": common.Hang,
}


class Control:
    """The routes under /control/.

    POST /control/GESTURE with the method's arguments as a JSON object answers {"result": ts};
    GET /control/thread/TS, /control/messages and /control/calls answer lists;
    POST /control/faults {"method", "fault", "with": {...}, "times"} plans a fault;
    POST /control/sockets {"do": "reset" | "black_hole" | "redeliver" | "forget_pending"}.
    A wrong argument of a gesture is answered 400 with the reason.
    """

    def __init__(self, slack: SlackStandIn) -> None:
        self._slack = slack

    def add_to(self, app: web.Application) -> None:
        """Add the routes to an application."""
        app.router.add_post(f"/control/{{gesture:{'|'.join(GESTURES)}}}", self.gesture)
        app.router.add_get("/control/thread/{ts}", self.thread)
        app.router.add_get("/control/messages", self.messages)
        app.router.add_get("/control/calls", self.calls)
        app.router.add_post("/control/faults", self.plan)
        app.router.add_post("/control/sockets", self.sockets)

    async def gesture(self, request: web.Request) -> web.Response:
        """One of the operators' gestures; `files` are pairs of name and text."""
        arguments = await request.json()
        if "files" in arguments:
            arguments["files"] = [(name, text.encode()) for name, text in arguments["files"]]
        try:
            result = await getattr(self._slack, request.match_info["gesture"])(**arguments)
        except (LookupError, TypeError, ValueError) as wrong:
            return web.json_response({"error": str(wrong)}, status=400)
        return web.json_response({"result": result})

    async def thread(self, request: web.Request) -> web.Response:
        """A thread as people see it."""
        return web.json_response([_json(m) for m in self._slack.thread(request.match_info["ts"])])

    async def messages(self, request: web.Request) -> web.Response:
        """The channel as people see it."""
        return web.json_response([_json(m) for m in self._slack.messages()])

    async def calls(self, request: web.Request) -> web.Response:
        """The Web API calls so far."""
        return web.json_response([_json(c) for c in self._slack.calls])

    async def plan(self, request: web.Request) -> web.Response:
        """Plan a fault."""
        wanted = await request.json()
        fault = FAULTS[wanted["fault"]](**wanted.get("with", {}))
        self._slack.faults.add(wanted["method"], fault, times=wanted.get("times", 1))
        return web.json_response({"result": "planned"})

    async def sockets(self, request: web.Request) -> web.Response:
        """Do something to the sockets."""
        mode = self._slack.socket_mode
        actions: dict[str, Callable[[], int | None]] = {
            "reset": mode.reset,
            "black_hole": mode.black_hole,
            "redeliver": mode.redeliver,
            "forget_pending": mode.forget_pending,
        }
        return web.json_response({"result": actions[(await request.json())["do"]]()})


def _json(record: Any) -> dict[str, Any]:
    return dataclasses.asdict(record)
