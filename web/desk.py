"""The desk: the operators' own page, behind a one-time link, with no account anywhere."""

import hashlib
import hmac
import json
import secrets
import uuid
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any
from zoneinfo import ZoneInfo

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from sqlmodel import col, delete
from werkzeug.wrappers import Response as AnyResponse

from models.journal import Record, Transaction
from models.tables import Conversation, EndedSession, Kind, State, What, now_ms
from routing.commands import Command
from routing.fanout import DESK, Live, News, Subscription
from routing.files import size_in_words
from routing.hub import Hub
from routing.inbound import Arrival, Operator
from routing.pictures import PICTURES
from routing.styled import in_data, marks_of, shifted
from routing.until import until as find_until
from texts import Words
from web.api import file_response, hub
from web.callbacks import FILTERS, Filter, as_csv, callbacks_shown
from web.cookies import DESK_SESSION
from web.events import HEARTBEAT, HEARTBEAT_SECONDS, iso, stream_response
from web.lines import lines_for_operator
from web.schemas import TEXT_LIMIT, cleaned
from web.status import office_of
from web.texts import desk_words, page_texts

desk = Blueprint("desk", __name__, url_prefix="/desk")

_CLOSED_SHOWN = 50
"""Closed conversations in the list: today's, in a busy office."""


_REMEMBERED = 200
"""Entries that a desk remembers to have shown: another hub's may be heard of twice."""

_ABOUT_CALLBACKS = (What.CALLBACK, What.TRIED, What.OPERATOR, What.CLOSED)
"""What may change the list of callbacks: a chat may have become one."""


class Desk:
    """Who may open the desk: whoever opens the link that was printed at start-up first."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._key: str | None = secrets.token_urlsafe(24)
        self.redeem_anywhere: Callable[[str], Awaitable[bool]] | None = None
        """Uses up the key with this digest, whichever of several hubs printed it; None for a hub that is alone."""

    def link(self, public_url: str) -> str:
        """The one-time link."""
        return f"{public_url}/desk/login?key={self._key}"

    @property
    def digest(self) -> str:
        """What stands for the link's key in the record."""
        return _digest(self._key or "")

    async def end(self, session_id: str) -> None:
        """Whoever kept this session's cookie has it in vain from now on."""
        ended = EndedSession(id=session_id, ended_at=now_ms())
        old = ended.ended_at - int(DESK_SESSION.total_seconds() * 1000)

        def work(tx: Transaction) -> None:
            tx.session.exec(delete(EndedSession).where(col(EndedSession.ended_at) < old))
            tx.session.merge(ended)

        await self._hub.journal.run(work)

    async def goes_on(self, session_id: str | None) -> bool:
        """Whether this is a session that was not ended."""
        return bool(session_id) and not await self._hub.store.is_ended(session_id or "")

    async def redeem(self, key: str) -> bool:
        """Use the link's key up; True the first time it is the right one."""
        if self.redeem_anywhere is not None:
            return await self.redeem_anywhere(_digest(key))
        if self._key is None or not hmac.compare_digest(key.encode(), self._key.encode()):
            return False
        self._key = None
        return True


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _words() -> Words:
    return desk_words(*request.accept_languages.values(), default=hub().operators_language)


def _desk() -> Desk:
    found: Desk = current_app.extensions["desk"]
    return found


def _signed_in(view: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """Only with a session; and what changes something, only with the session's own token."""

    @wraps(view)
    async def checked(*args: Any, **kwargs: Any) -> Any:
        if not await _desk().goes_on(session.get("desk")):
            if request.method == "GET" and not request.path.endswith("/events"):
                return _login(None, 401)
            abort(401)
        if request.method == "POST":
            given = request.form.get("csrf", "")
            if not hmac.compare_digest(given.encode(), str(session.get("csrf", "")).encode()):
                abort(403)
        return await view(*args, **kwargs)

    return checked


def _login(error: str | None, status: int, *, name: str = "", key: str | None = None) -> Response:
    words = _words()
    body = render_template(
        "desk_login.html",
        **page_texts(words),
        key=key,
        csrf=session.get("csrf", ""),
        error=words(error) if error else None,
        name=name,
        office=office_of(hub()),
    )
    return Response(body, status=status, mimetype="text/html")


def _operator() -> Operator:
    name = str(session.get("operator") or hub().settings.office.name)
    return Operator(id=f"desk:{session.get('desk')}", name=name)


def _arrival(key: str) -> Arrival:
    return Arrival(bridge="desk", key=f"{session['desk']}/{key}"[:200], chat="desk", operator=_operator())


def _done(conversation_id: str) -> AnyResponse:
    """Back to the page; a script only wants to know that it worked."""
    if request.accept_mimetypes.best == "application/json":
        return Response(status=204)
    if request.form.get("back") == "list":
        wanted = Filter.of(request.form, _operator().name, default="open")
        where = url_for(
            "desk.overview", callbacks=wanted.part, department=wanted.department or None, _anchor="callbacks"
        )
        return redirect(where, 303)
    return redirect(url_for("desk.conversation", conversation_id=conversation_id), 303)


@desk.get("/login")
async def login() -> AnyResponse:
    """Open the one-time link: from now on this browser has a session; ask who sits here.

    The key leaves the address bar and the history: the page that asks is one without it.
    """
    key = request.args.get("key", "")
    if not await _desk().goes_on(session.get("desk")):
        if request.method != "GET" or not await _desk().redeem(key):
            return _login("desk_login_used" if key else None, 403)
        session.clear()
        session.permanent = True
        session["desk"] = secrets.token_hex(8)
        session["csrf"] = secrets.token_urlsafe(24)
    elif not key:
        return _login(None, 200, key="session")
    return redirect(url_for("desk.login"), 303)


@desk.post("/login")
@_signed_in
async def name() -> AnyResponse:
    """Who sits at the desk: the name that operators, and by configuration citizens, see."""
    given = " ".join(cleaned(request.form.get("name", "")).split())[:100]
    if not given:
        return _login("desk_login_no_name", 422, key="session")
    session["operator"] = given
    return redirect(url_for("desk.overview"), 303)


@desk.post("/logout")
@_signed_in
async def logout() -> AnyResponse:
    """End the session, also for a copy of its cookie."""
    await _desk().end(session["desk"])
    session.clear()
    return redirect(url_for("desk.overview"), 303)


@desk.get("")
@_signed_in
async def overview() -> Response:
    """The list."""
    return await _page(None)


@desk.get("/callbacks.csv")
@_signed_in
async def callbacks_table() -> Response:
    """The callbacks of a filter, else all, for a spreadsheet."""
    wanted = Filter.of(request.args, _operator().name, default="all")
    table = as_csv(_words(), await callbacks_shown(hub(), wanted))
    response = Response(table, mimetype="text/csv")
    response.headers.set("Content-Disposition", "attachment", filename="callbacks.csv")
    response.headers["Cache-Control"] = "no-store"
    return response


@desk.get("/<id:conversation_id>")
@_signed_in
async def conversation(conversation_id: str) -> Response:
    """The list and one conversation."""
    return await _page(conversation_id)


async def _page(
    conversation_id: str | None,
    *,
    status: int = 200,
    error: str | None = None,
    reply: str = "",
    office_error: str | None = None,
    until: str = "",
) -> Response:
    wanted = Filter.of(request.args, _operator().name, default="open")
    alive = await hub().store.conversations(kinds=[Kind.CHAT], states=[State.WAITING, State.ACTIVE])
    closed = await hub().store.conversations(kinds=[Kind.CHAT], states=[State.CLOSED], limit=_CLOSED_SHOWN)
    waiting = sorted((c for c in alive if c.state == State.WAITING), key=lambda c: c.created_at)
    rows = [*waiting, *(c for c in alive if c.state == State.ACTIVE), *closed]
    last = await hub().store.last_entries([row.id for row in rows])
    body = render_template(
        "desk.html",
        **page_texts(_words()),
        office=office_of(hub()),
        operator=_operator().name,
        csrf=session["csrf"],
        conversations=[_item(row, last.get(row.id)) for row in rows],
        current=await _current(conversation_id) if conversation_id else None,
        client_id=str(uuid.uuid4()),
        reply=reply,
        error=error,
        office_now=hub().office_in_words(),
        office_error=office_error,
        until=until,
        callbacks=await callbacks_shown(hub(), wanted),
        filter=wanted,
        filters=FILTERS,
        departments=[department.name for department in hub().settings.departments],
    )
    return Response(body, status=status, mimetype="text/html")


def _local(milliseconds: int) -> datetime:
    zone = ZoneInfo(hub().settings.office.timezone)
    return datetime.fromtimestamp(milliseconds / 1000, UTC).astimezone(zone)


def _item(row: Conversation, last: Record | None) -> dict[str, Any]:
    return {
        "id": row.id,
        "state": row.state,
        "name": row.name,
        "department": row.department,
        "lang": row.lang,
        "last_text": (last.text if last else "")[:120],
        "waiting_since": _local(row.created_at) if row.state == State.WAITING else None,
        "taken_by": row.taken_by,
    }


async def _current(conversation_id: str) -> dict[str, Any]:
    row = await hub().store.conversation(conversation_id)
    if row is None or row.kind != Kind.CHAT:
        abort(404)
    records = await hub().store.entries(row.id)
    hub().receipts.shown_at_desk(records)
    return {
        "id": row.id,
        "state": row.state,
        "name": row.name,
        "department": row.department,
        "lang": row.lang,
        "page": row.page or "",
        "page_title": row.page_title or "",
        "taken_by": row.taken_by,
        "messages": lines_for_operator(hub(), records, f"/desk/{row.id}/files/"),
    }


@desk.post("/office")
@_signed_in
async def office() -> AnyResponse:
    """Close the line for a while, or give it back to the hours: what ``offline``, ``away``, ``online`` do elsewhere."""
    command = request.form.get("command", "")
    if command not in ("here", "offline", "away", "online"):
        abort(422)
    until = " ".join(request.form.get("until", "").split())[:100] if command != "online" else ""
    try:
        find_until(until, hub().now(), ZoneInfo(hub().settings.office.timezone))
    except ValueError:
        return await _page(None, status=422, office_error=_words()("desk_office_bad_time"), until=until)
    await hub().operator_commanded(_arrival(str(uuid.uuid4())), None, Command(command, until))
    return redirect(url_for("desk.overview"), 303)


@desk.post("/<id:conversation_id>/reply")
@_signed_in
async def reply(conversation_id: str) -> AnyResponse:
    """Answer the citizen; the same ``client_id`` again is the same answer."""
    written = cleaned(request.form.get("text", ""))
    client_id = cleaned(request.form.get("client_id", "")) or str(uuid.uuid4())
    if await hub().conversation(conversation_id) is None:
        abort(404)
    if not written or len(written) > TEXT_LIMIT:
        key = "error_text_long" if written else "error_text_empty"
        error = _words()(key, count=TEXT_LIMIT)
        return await _page(conversation_id, status=422, error=error, reply=written)
    await hub().operator_wrote(_arrival(client_id), conversation_id, written)
    return _done(conversation_id)


@desk.post("/<id:conversation_id>/<any(take, close, done, tried):gesture>")
@_signed_in
async def act(conversation_id: str, gesture: str) -> AnyResponse:
    """Take or close a conversation; for a callback: it is done, nobody answered."""
    if await hub().store.conversation(conversation_id) is None:
        abort(404)
    await hub().operator_commanded(_arrival(str(uuid.uuid4())), conversation_id, Command(gesture))
    return _done(conversation_id)


@desk.post("/<id:conversation_id>/typing")
@_signed_in
async def typing(conversation_id: str) -> Response:
    """The operator is typing: nice to know for who waits for the answer."""
    hub().operator_typing(conversation_id, _operator())
    return Response(status=204)


@desk.get("/<id:conversation_id>/files/<seq:seq>")
@_signed_in
async def file(conversation_id: str, seq: int) -> Response:
    """A file of a conversation."""
    return await file_response(conversation_id, seq)


@desk.get("/events")
@_signed_in
async def events() -> Response:
    """Everything that happens, live, for the open desk page."""
    subscription = hub().fanout.subscribe(DESK)
    return stream_response(hub(), subscription, _stream(hub(), subscription))


async def _stream(hub: Hub, subscription: Subscription) -> AsyncIterator[bytes]:
    yield HEARTBEAT
    shown: deque[tuple[str, int]] = deque(maxlen=_REMEMBERED)
    while not subscription.closed:
        event = await subscription.next(HEARTBEAT_SECONDS)
        if event is None:
            yield HEARTBEAT
        elif isinstance(event, Live):
            yield _frame(event.event, event.data)
        elif (event.conversation_id, event.seq) not in shown:
            shown.append((event.conversation_id, event.seq))
            if isinstance(event, News):
                written = await hub.store.entry(event.conversation_id, event.seq)
                if written is None:  # erased since
                    continue
                event = written
            row = await hub.store.conversation(event.conversation_id)
            if row is not None and (row.kind == Kind.CALLBACK or event.kind in _ABOUT_CALLBACKS):
                yield _frame("callbacks", {})
            if row is not None and row.kind == Kind.CHAT:
                yield _frame("entry", _entry(event)) + _frame("conversation", _summary(row, event))
                hub.receipts.shown_at_desk([event])


def _entry(record: Record) -> dict[str, Any]:
    kind = What.MESSAGE if record.kind in (What.NOTE, What.ANSWER) else record.kind
    note = f"📝 {record.name}: " if record.kind == What.NOTE else ""
    return {
        "conversation": record.conversation_id,
        "seq": record.seq,
        "kind": kind,
        "author": "system" if record.kind in (What.NOTE, What.ANSWER) else record.author,
        "name": record.name,
        "text": note + record.text,
        **in_data(shifted(marks_of(record.data, record.text), -len(note))),
        "file": _file(record),
        "reactions": record.data.get("shown"),
        "target": record.target,
        "created_at": iso(record.created_at),
    }


def _file(record: Record) -> dict[str, Any] | None:
    if record.kind != What.FILE:
        return None
    data = record.data
    return {"name": data["name"], "size": size_in_words(data["size"]), "picture": data["type"] in PICTURES}


def _summary(row: Conversation, last: Record) -> dict[str, Any]:
    return {
        "id": row.id,
        "state": row.state,
        "name": row.name,
        "department": row.department,
        "lang": row.lang,
        "last_text": last.text[:120],
        "waiting_since": iso(row.created_at) if row.state == State.WAITING else None,
        "taken_by": row.taken_by,
    }


def _frame(name: str, data: dict[str, Any]) -> bytes:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()
