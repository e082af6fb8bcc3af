"""The visitor's HTTP API: the contract between the hub and anything that a citizen writes from."""

import json
import time
import unicodedata
from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Any, TypeVar
from urllib.parse import quote

from flask import Blueprint, Response, current_app, request
from pydantic import BaseModel
from werkzeug.exceptions import RequestEntityTooLarge

from models.journal import Appended, Record
from routing.bridge import ConversationInfo
from routing.callbacks import Contact
from routing.core import VISIBLE
from routing.fanout import Live, Subscription
from routing.files import MOST_BYTES
from routing.hub import Hub
from routing.pictures import NotCleaned
from routing.rules import Asked
from routing.transcript import as_text, moment, said_in
from web.admission import admit
from web.callbacks import from_a_program
from web.events import HEARTBEAT, HEARTBEAT_SECONDS, event_of, live_event, stream_response
from web.limits import WriteLimits
from web.problems import ProblemError
from web.schemas import (
    BODY_LIMIT,
    Accepted,
    CallbackAccepted,
    CallbackState,
    ConversationStarted,
    FileForm,
    NewCallback,
    NewConversation,
    NewMessage,
    Rating,
    Transcript,
    TranscriptMail,
    TranscriptMessage,
)
from web.status import status_of

M = TypeVar("M", bound=BaseModel)

LONGEST_WAIT = 25
"""Seconds that ``?wait=`` may ask for: less than any proxy's patience."""

api = Blueprint("api", __name__, url_prefix="/api")


def hub() -> Hub:
    """The hub this application serves."""
    found: Hub = current_app.extensions["hub"]
    return found


def write_limits() -> WriteLimits:
    """The counters of this application."""
    found: WriteLimits = current_app.extensions["write_limits"]
    return found


def json_body(model: type[M]) -> M:
    """The request's body as ``model``.

    Raises
    ------
    ProblemError
        415 when it is not sent as JSON.
    RequestEntityTooLarge
        Past ``BODY_LIMIT`` bytes, before the rest is read.
    pydantic.ValidationError
        When it is not valid; the error handler says where.
    """
    request.max_content_length = BODY_LIMIT
    if request.mimetype != "application/json":
        raise ProblemError(415, "Send application/json.")
    return model.model_validate_json(request.get_data(cache=False))


def reply(model: BaseModel, status: int) -> Response:
    """A JSON response."""
    return Response(model.model_dump_json(), status=status, mimetype="application/json")


def done() -> Response:
    """204: done, and nothing to say."""
    response = Response(status=204)
    del response.headers["Content-Type"]
    return response


def receipt(appended: Appended) -> tuple[Accepted, int]:
    """What a message is answered with: 201 for one that is new, 200 for one that had come before."""
    body = Accepted(seq=appended.record.seq, created_at=moment(appended.record.created_at))
    return body, 200 if appended.repeated else 201


def accepted(appended: Appended) -> Response:
    """The response for a message that is on disk."""
    return reply(*receipt(appended))


async def authorised(conversation_id: str) -> ConversationInfo:
    """The conversation, if the request carries its token; raises what ``holder`` does."""
    return await holder(hub(), conversation_id, request.headers.get("Authorization", ""))


async def holder(hub: Hub, conversation_id: str, authorization: str) -> ConversationInfo:
    """The conversation that an ``Authorization`` header is for.

    Raises
    ------
    ProblemError
        401 without the right token, 404 where there is no such conversation.
    """
    scheme, _, token = authorization.partition(" ")
    challenge = {"WWW-Authenticate": "Bearer"}
    if scheme.lower() != "bearer" or not token.strip():
        raise ProblemError(401, "Send the conversation's token: Authorization: Bearer …", headers=challenge)
    info = await hub.conversation(conversation_id)
    if info is None or not info.token_hash:
        raise ProblemError(404, "There is no such conversation: it never was, or it was erased.")
    if not hub.is_token(info, token.strip()):
        raise ProblemError(401, "This is not the conversation's token.", headers=challenge)
    return info


@api.get("/status")
def status() -> Response:
    """Whether the office is there; for any page, cacheable for half a minute."""
    lang = request.args.get("lang")
    page = request.args.get("page", "")[:2000]
    department = hub().department_for(Asked(request.args.get("department"), page, (lang or "").split(",")[0]))
    response = reply(status_of(hub(), lang, department), 200)
    response.headers["Cache-Control"] = "public, max-age=30"
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


@api.post("/conversations")
async def start() -> Response:
    """Start a conversation with its first message."""
    new = json_body(NewConversation)
    mark = await admit(begins=True)
    started = await hub().start_conversation(
        new.client_id,
        new.text,
        name=new.name,
        department=new.department,
        page=new.page,
        page_title=new.page_title,
        lang=new.lang,
        mark=mark,
        browser=new.browser,
    )
    body = ConversationStarted(
        id=started.id,
        token=started.token,
        seq=started.record.seq,
        created_at=moment(started.record.created_at),
    )
    return reply(body, 200 if started.repeated else 201)


@api.post("/conversations/<id:conversation_id>/messages")
async def send(conversation_id: str) -> Response:
    """A further message; the ordinary one is answered by ``web.messages`` before it comes here."""
    info = await authorised(conversation_id)
    new = json_body(NewMessage)
    await admit(info)
    return accepted(await hub().visitor_wrote(info, new.client_id, new.text))


@api.post("/conversations/<id:conversation_id>/files")
async def send_file(conversation_id: str) -> Response:
    """A file, as multipart/form-data with ``file`` and ``client_id``."""
    info = await authorised(conversation_id)
    request.max_content_length = MOST_BYTES + BODY_LIMIT
    if request.mimetype != "multipart/form-data":
        raise ProblemError(415, "Send multipart/form-data with the fields file and client_id.")
    form = FileForm.model_validate(request.form.to_dict())
    file = request.files.get("file")
    if file is None or not file.filename:
        raise ProblemError(422, "file: the file is missing", errors=[{"at": "file", "detail": "missing"}])
    content = file.stream.read()
    if not content:
        raise ProblemError(422, "file: the file is empty", errors=[{"at": "file", "detail": "empty"}])
    if len(content) > MOST_BYTES:
        raise RequestEntityTooLarge
    await admit(info)
    return accepted(await hub().visitor_sent_file(info, form.client_id, file.filename, content))


@api.get("/conversations/<id:conversation_id>/files/<seq:seq>")
async def file(conversation_id: str, seq: int) -> Response:
    """A file's bytes, or with ``?preview=1`` a small picture of a picture; always to be saved, never a page of ours."""
    await authorised(conversation_id)
    return await file_response(conversation_id, seq)


async def file_response(conversation_id: str, seq: int) -> Response:
    """The response with a file's bytes, or a preview, for whoever may see the conversation."""
    stored = await hub().store.file(conversation_id, seq)
    if stored is None:
        raise ProblemError(404, "There is no such file: it never was, or it was erased.")
    kind = stored.type
    try:
        if "preview" in request.args:
            content, kind = await hub().files.preview(stored.key)
        else:
            content = await hub().read_file(stored.key)
    except FileNotFoundError:
        raise ProblemError(404, "This file was erased.") from None
    except NotCleaned:
        raise ProblemError(404, "This file has no preview.") from None
    response = Response(content, mimetype=kind)
    _save_as(response, stored.name)
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def _save_as(response: Response, name: str) -> None:
    """``Content-Disposition`` as RFC 6266 has it: a header holds ASCII, and the whole name in a form of its own."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    whole = {} if plain == name else {"filename*": f"UTF-8''{quote(name, safe='')}"}
    response.headers.set("Content-Disposition", "attachment", filename=plain, **whole)


@api.get("/conversations/<id:conversation_id>/events")
async def events(conversation_id: str) -> Response:
    """The conversation as server-sent events, from after ``Last-Event-ID`` on.

    With ``?wait=SECONDS`` the answer ends with the first events there are, or after so long without any: for clients
    behind a proxy that holds an answer back until it has all of it.
    """
    info = await authorised(conversation_id)
    last, wait = _last_event_id(), _wait()
    subscription = hub().fanout.subscribe(info.id)
    if wait is None:
        body = _stream(hub(), info.id, last, subscription, info.department)
    else:
        body = _piece(hub(), info.id, last, subscription, info.department, wait)
    return stream_response(hub(), subscription, body)


def _last_event_id() -> int:
    given = request.headers.get("Last-Event-ID", "").strip()
    if not given:
        return 0
    if not given.isascii() or not given.isdigit() or len(given) > 15:
        raise ProblemError(400, "Last-Event-ID: found something that is not one of our numbers.")
    return int(given)


def _wait() -> int | None:
    given = request.args.get("wait")
    if given is None:
        return None
    if not given.isascii() or not given.isdigit() or len(given) > 2 or int(given) > LONGEST_WAIT:
        raise ProblemError(400, f"wait: a number of seconds from 0 to {LONGEST_WAIT} is expected.")
    return int(given)


_PIECE = 500
"""Entries read at a time: a long conversation is neither held whole in memory nor read in one turn of the loop."""


async def _piece(
    hub: Hub, conversation_id: str, last: int, subscription: Subscription, department: str | None, wait: int
) -> AsyncIterator[bytes]:
    """What is in the journal; if that is nothing yet, the first thing that comes."""
    shown: list[bytes] = []
    full = True
    while full and not shown:
        records = await hub.store.entries(conversation_id, after=last, limit=_PIECE)
        full = len(records) == _PIECE
        shown = [event_of(hub, record) for record in records if record.kind in VISIBLE]
        last = records[-1].seq if records else last
    patience = time.monotonic() + wait
    while not shown and (event := await subscription.next(max(0, patience - time.monotonic()))) is not None:
        if isinstance(event, Live):
            shown = [live_event(hub, event, department)]
        elif event.seq > last:
            records = await hub.store.entries(conversation_id, after=last, limit=_PIECE)
            shown = [event_of(hub, record) for record in records if record.kind in VISIBLE]
            last = records[-1].seq if records else last
    if shown:  # never alone: they are always there, and would end each wait at once
        shown += await _standing(hub, conversation_id)
    yield HEARTBEAT + b"".join(shown)
    hub.signs.had(conversation_id, last)


async def _standing(hub: Hub, conversation_id: str) -> list[bytes]:
    """What became of the citizen's messages, for the whole conversation, and their place in the line."""
    delivered, hopeless = await hub.receipts.of(conversation_id)
    found = (("delivered", delivered), ("undeliverable", hopeless))
    events = [Live(name, {"seqs": seqs}) for name, seqs in found if seqs]
    place = await hub.queue.of(conversation_id)
    if place is not None:
        events.append(Live("queue", place._asdict()))
    return [live_event(hub, event) for event in events]


async def _stream(
    hub: Hub, conversation_id: str, last: int, subscription: Subscription, department: str | None
) -> AsyncIterator[bytes]:
    """What is in the journal first, then what comes; each once, in order."""
    yield HEARTBEAT
    async for record in _entries(hub, conversation_id, last):
        last = record.seq
        if record.kind in VISIBLE:
            yield event_of(hub, record)
    hub.signs.had(conversation_id, last)
    async with hub.catching_up:
        standing = await _standing(hub, conversation_id)
    for shown in standing:
        yield shown
    while not subscription.closed:
        event = await subscription.next(HEARTBEAT_SECONDS)
        if event is None:
            yield HEARTBEAT
            if not hub.bus.connected:  # other hubs may have done what no entry tells of
                async with hub.catching_up:
                    missed = await _missed(hub, conversation_id, standing)
                if missed is None:
                    yield live_event(hub, Live("erased"))
                    return
                standing = missed or standing
                for shown in missed:
                    yield shown
        elif isinstance(event, Live):
            shown = live_event(hub, event, department)
            if event.event == "queue" and shown in standing:
                continue  # the same place, said already
            standing = [shown] if event.event == "queue" else standing
            yield shown
            if event.event == "erased":
                return
        elif isinstance(event, Record) and event.seq == last + 1:
            last = event.seq
            if event.kind in VISIBLE:
                yield event_of(hub, event)
                hub.signs.shown(event)
        elif event.seq > last:  # another hub has written, perhaps what comes before this one's own
            async for record in _entries(hub, conversation_id, last):
                last = record.seq
                if record.kind in VISIBLE:
                    yield event_of(hub, record)
                    hub.signs.shown(record)


async def _entries(hub: Hub, conversation_id: str, last: int) -> AsyncIterator[Record]:
    """What the journal has after ``last``, a piece at a time."""
    full = True
    while full:
        async with hub.catching_up:
            records = await hub.store.entries(conversation_id, after=last, limit=_PIECE)
        full = len(records) == _PIECE
        for record in records:
            last = record.seq
            yield record


async def _missed(hub: Hub, conversation_id: str, before: list[bytes]) -> list[bytes] | None:
    """How a conversation stands, if it stands otherwise than before; None if it was erased."""
    if await hub.conversation(conversation_id) is None:
        return None
    standing = await _standing(hub, conversation_id)
    return standing if standing != before else []


@api.post("/conversations/<id:conversation_id>/typing")
async def typing(conversation_id: str) -> Response:
    """The citizen is typing."""
    info = await authorised(conversation_id)
    await hub().visitor_typing(info)
    return done()


@api.post("/conversations/<id:conversation_id>/close")
async def close(conversation_id: str) -> Response:
    """The citizen ends the conversation."""
    await hub().visitor_closed(await authorised(conversation_id))
    return done()


@api.post("/conversations/<id:conversation_id>/rating")
async def rate(conversation_id: str) -> Response:
    """How the citizen found it."""
    info = await authorised(conversation_id)
    rating = json_body(Rating)
    await admit(info)
    await hub().visitor_rated(info, rating.score, rating.comment)
    return done()


@api.get("/conversations/<id:conversation_id>/transcript")
async def transcript(conversation_id: str) -> Response:
    """The conversation as JSON, or as plain text where the client asks for that (``Accept``, or ``?format=text``)."""
    info = await authorised(conversation_id)
    said = said_in(hub(), await hub().store.entries(info.id))
    accepted = request.accept_mimetypes.best_match(["application/json", "text/plain"])
    asked = request.args.get("format", "text" if accepted == "text/plain" else "json")
    if asked != "text":
        office = hub().settings.office.name
        lines = [TranscriptMessage.model_validate(asdict(line)) for line in said]
        whole = Transcript(id=info.id, office=office, created_at=moment(info.created_at), messages=lines)
        return reply(whole, 200)
    words = hub().words_for(request.args.get("lang"), info.lang)
    response = Response(as_text(hub(), said, words), mimetype="text/plain")
    response.headers.set("Content-Disposition", "attachment", filename=f"{info.id}.txt")
    return response


@api.post("/conversations/<id:conversation_id>/transcript")
async def mail_transcript(conversation_id: str) -> Response:
    """The conversation by e-mail, where the town has a mail server."""
    info = await authorised(conversation_id)
    wanted = json_body(TranscriptMail)
    await admit(info)
    await hub().visitor_wants_transcript(info, wanted.email, wanted.lang)
    return done()


@api.delete("/conversations/<id:conversation_id>")
async def erase(conversation_id: str) -> Response:
    """The citizen erases the conversation, with its files, for good."""
    info = await authorised(conversation_id)
    await hub().erase(info.id)
    return done()


@api.post("/callbacks")
async def callback() -> Response:
    """A message with contact details."""
    new = json_body(NewCallback)
    mark = await admit(begins=True)
    if made_up := from_a_program(new):
        return reply(CallbackAccepted(reference=made_up), 201)
    waiting = await authorised(new.conversation) if new.conversation else None
    contact = Contact(new.name, new.email, new.phone)
    reference, repeated = await hub().leave_callback(
        new.client_id, contact, new.text, lang=new.lang, page=new.page, waiting=waiting, mark=mark
    )
    return reply(CallbackAccepted(reference=reference), 200 if repeated else 201)


@api.get("/callbacks/<reference:reference>")
async def callback_state(reference: str) -> Response:
    """How far a callback is: the reference was given to the citizen alone, and says nothing of them."""
    await write_limits().check(hub().settings, request.remote_addr or "")
    found = await hub().callback_progress(reference)
    if found is None:
        raise ProblemError(404, "There is no message under this reference: it never was, or it was erased.")
    response = reply(CallbackState(reference=found[0].reference, state=found[1]), 200)
    response.headers["Cache-Control"] = "no-store"
    return response


@api.get("/openapi.json")
def openapi() -> Response:
    """This API's OpenAPI 3.1 document."""
    document: dict[str, Any] = current_app.extensions["openapi"]
    return Response(json.dumps(document, ensure_ascii=False), mimetype="application/json")
