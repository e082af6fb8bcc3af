"""A citizen's further message, the request that comes by the thousand, answered without Flask's machinery.

Flask's contexts, routing and hooks cost three times what the message itself costs (docs/performance.md). What is
done here is what the view ``send`` does, with the same models, checks and headers. Only the ordinary case ends
here, with the message on disk: whatever else there is about a request, from a missing token to a full disk, is
left to the view, which says what is wrong. It may do that after a try here, since a message is known by its
``client_id``.
"""

import contextlib
import re

from werkzeug.exceptions import ClientDisconnected

from routing.hub import Hub
from web import headers
from web.api import holder, receipt
from web.environ import Scope
from web.exchange import Exchange, GoneError, Message, Receive, Send
from web.limits import WriteLimits, one_visitor
from web.paths import ConversationId
from web.schemas import BODY_LIMIT, NewMessage

_PATH = re.compile(rf"/api/conversations/({ConversationId.regex})/messages")
_READ = (b"authorization", b"content-type", b"content-length", b"origin")
_FIXED = [
    (name.lower().encode(), value.encode())
    for name, value in {"Content-Type": "application/json", **headers.PROTECTION, **headers.PRIVATE}.items()
]


class Messages:
    """Answers what it can of the requests of one application."""

    def __init__(self, hub: Hub, limits: WriteLimits) -> None:
        self._hub = hub
        self._limits = limits

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> Receive | None:
        """Answer one request; or give back how Flask is to receive it."""
        found = _PATH.fullmatch(scope["path"])
        if found is None or scope["method"] != "POST" or scope.get("root_path"):
            return receive
        read = _read(scope)
        if read is None:
            return receive
        exchange = Exchange(receive, send)
        exchange.unread = True
        body = b""
        try:
            while piece := await exchange.piece():
                body += piece
            status, content = await self._take(found[1], read, (scope.get("client") or ("",))[0], body)
        except ClientDisconnected:
            return None
        except Exception:  # whatever it was: the view meets it, too, and has the words for it
            return _again(body, receive)
        with contextlib.suppress(GoneError):
            await exchange.answer(status, self._headers(read, len(content)), content)
        return None

    async def _take(
        self, conversation_id: str, read: dict[bytes, str], address: str, body: bytes
    ) -> tuple[int, bytes]:
        """Write the message down; the answer's status and body."""
        info = await holder(self._hub, conversation_id, read.get(b"authorization", ""))
        new = NewMessage.model_validate_json(body)
        self._hub.refuse_blocked(one_visitor(address))
        await self._limits.check(self._hub.settings, address, conversation_id)
        try:
            answer, status = receipt(await self._hub.visitor_wrote(info, new.client_id, new.text))
        except Exception:
            await self._limits.take_back(address, conversation_id)  # the view counts it
            raise
        return status, answer.model_dump_json().encode()

    def _headers(self, read: dict[bytes, str], length: int) -> list[tuple[bytes, bytes]]:
        given = [(b"content-length", str(length).encode()), *_FIXED]
        origin = read.get(b"origin")
        if origin is not None and (allowed := headers.for_origin(self._hub.settings, origin)):
            more = {**allowed, "Vary": "Origin"}
            given += [(name.lower().encode(), value.encode("latin-1")) for name, value in more.items()]
        return given


def _read(scope: Scope) -> dict[bytes, str] | None:
    """The headers that matter; None where they are not those of an ordinary request."""
    read: dict[bytes, str] = {}
    for name, value in scope["headers"]:
        if name == b"transfer-encoding":
            return None
        if name in _READ:
            if name in read:
                return None
            read[name] = value.decode("latin-1")
    length = read.get(b"content-length", "")
    bounded = length.isdecimal() and len(length) < 8 and int(length) <= BODY_LIMIT
    return read if bounded and read.get(b"content-type") == "application/json" else None


def _again(body: bytes, receive: Receive) -> Receive:
    """``receive``, from the beginning, where the body has been received."""
    whole: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        return whole.pop() if whole else await receive()

    return receive_again
