"""Journal entries as server-sent events (HTML Living Standard, section "Server-sent events")."""

import json
from collections.abc import AsyncIterable
from datetime import UTC, datetime
from typing import Any

from flask import Response

from models.journal import Record
from models.tables import Author, What
from routing.core import Core
from routing.fanout import Live, Subscription
from routing.styled import in_data, marks_of
from web.asgi import streamed
from web.status import status_of

HEARTBEAT_SECONDS = 15.0
"""The contract's interval: proxies close what is silent for a minute."""
HEARTBEAT = b": \n\n"


def stream_response(hub: Core, subscription: Subscription, body: AsyncIterable[bytes]) -> Response:
    """The response that sends ``body`` as ``text/event-stream``; the subscription ends with it."""
    response = streamed(body, mimetype="text/event-stream")
    response.call_on_close(lambda: hub.fanout.unsubscribe(subscription))
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"  # nginx would hold events back
    return response


def iso(milliseconds: int) -> str:
    """A stored moment as RFC 3339, in UTC with milliseconds."""
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def event_of(hub: Core, record: Record) -> bytes:
    """A visible entry as the citizen's page gets it."""
    data: dict[str, Any] = {"seq": record.seq}
    if record.kind == What.OPERATOR:
        data["name"] = hub.shown_name(record)
    elif record.kind == What.CLOSED:
        data["by"] = record.author
        data["name"] = hub.shown_name(record)
    elif record.kind == What.DELETED:
        data["target"] = record.target
    elif record.kind == What.REACTION:
        data |= {"target": record.target, "reactions": record.data["shown"]}
    elif record.kind == What.EDITED:
        data |= {"target": record.target, "text": record.text} | _marks(record)
    else:
        data |= {"text": record.text, "author": record.author, "name": hub.shown_name(record)}
        if "offer" in record.data:
            data["offer"] = record.data["offer"]
        if record.author == Author.VISITOR:
            data["client_id"] = record.origin_key.partition("/")[2]
        if record.kind == What.FILE:
            data["file"] = _file(record)
        data |= _marks(record)
    data["created_at"] = iso(record.created_at)
    return _frame(record.kind, data, record.seq)


def _marks(record: Record) -> dict[str, Any]:
    """How pieces of the text are shown, where any is."""
    return in_data(marks_of(record.data, record.text))


def _file(record: Record) -> dict[str, Any]:
    return {
        "name": record.data["name"],
        "type": record.data["type"],
        "size": record.data["size"],
        "url": f"/api/conversations/{record.conversation_id}/files/{record.seq}",
    }


def live_event(hub: Core, event: Live, department: str | None = None) -> bytes:
    """Something that passes and has no number: typing, the office opening."""
    if event.event == "status":
        return _frame("status", status_of(hub, event.data.get("lang"), department).model_dump(mode="json"))
    return _frame(event.event, event.data)


def _frame(name: str, data: dict[str, Any], seq: int | None = None) -> bytes:
    number = f"id: {seq}\n" if seq is not None else ""
    # Escaped to ASCII: some readers take U+2028 or U+0085, raw, for the end of a line.
    return f"{number}event: {name}\ndata: {json.dumps(data)}\n\n".encode()
