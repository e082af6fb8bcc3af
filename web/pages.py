"""The citizen's pages: the demo, and the chat page that works with and without JavaScript."""

import uuid
from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from pydantic import ValidationError
from werkzeug.wrappers import Response as AnyResponse

from models.tables import State, What
from routing.bridge import ConversationInfo
from routing.callbacks import Contact
from routing.errors import NotAllowed, NotMailed, OfficeClosed
from routing.files import MOST_BYTES
from routing.rules import Asked
from routing.transcript import as_text, said_in
from texts import Words
from web.admission import admit
from web.api import file_response, hub, write_limits
from web.callbacks import from_a_program
from web.cookies import by_https
from web.lines import lines_for_citizen
from web.problems import ProblemError
from web.schemas import (
    TEXT_LIMIT,
    TITLE_LIMIT,
    NewCallback,
    NewConversation,
    NewMessage,
    Rating,
    TranscriptMail,
)
from web.status import digest, office_of, status_of
from web.texts import page_texts

pages = Blueprint("pages", __name__)

_COOKIE = "chat"
"""Strictly necessary, set only when a form was posted without JavaScript: which conversation is this one's."""


def _words() -> Words:
    """The texts in the reader's language: the page's or the menu's, else the browser's, else the office's."""
    wanted = request.values.get("lang", "").split(",")
    return hub().words_for(*wanted, *request.accept_languages.values())


def _lang() -> str:
    return _words().language.code


@pages.get("/")
def demo() -> str:
    """A made-up town page with the red button."""
    return render_template("demo.html", **page_texts(hub().words_for(request.args.get("lang"), "it")))


@pages.get("/chat/look.css")
def look() -> Response:
    """The town's colour, as a style sheet of its own: the pages' policy allows no other way."""
    response = Response(f":root {{ --mark: {hub().settings.widget.color} }}\n", mimetype="text/css")
    response.cache_control.public = True
    response.cache_control.max_age = 300
    return response


@pages.get("/chat/logo")
def logo() -> Response:
    """The town's logo. A picture and nothing else: an SVG's scripts do not run, wherever it is opened."""
    found = hub().settings.widget.logo
    if found is None or not found.content:
        abort(404)
    response = Response(found.content, mimetype=found.kind)
    response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    response.cache_control.public = True
    response.cache_control.max_age = 300
    response.set_etag(digest(found.content))
    response.make_conditional(request)
    return response


async def _own_conversation() -> ConversationInfo | None:
    """The conversation that the cookie of a page without JavaScript names."""
    conversation_id, _, token = request.cookies.get(_COOKIE, "").partition(".")
    info = await hub().conversation(conversation_id) if conversation_id and token else None
    return info if info is not None and hub().is_token(info, token) else None


def _page(view: str, *, status: int = 200, **context: Any) -> Response:
    words = _words()
    settings = hub().settings
    lang = words.language.code
    shown = {
        "page": request.values.get("page", "")[:2000],
        "page_title": request.values.get("title", "")[:TITLE_LIMIT],
        "client_id": str(uuid.uuid4()),
        "form": {},
        "errors": {},
        "notice": None,
        "conversation": None,
        "wait": False,
        "reference": "",
        "left": "",
        "place": None,
        "ongoing": False,
        "progress": "",
        "asked": "",
        "mailed": "",
    } | context
    body = render_template(
        "chat.html",
        **page_texts(words),
        office=office_of(hub()),
        status=status_of(hub(), lang, _department()).model_dump(mode="json"),
        view=view,
        departments=[department.name for department in settings.departments],
        faq=[one.shown_in(lang, settings.office.language) for one in settings.faq],
        letters=bool(hub().correspondents),
        limits={"text": TEXT_LIMIT, "file": MOST_BYTES},
        **shown,
    )
    return Response(body, status=status, mimetype="text/html")


async def _conversation_page(info: ConversationInfo, *, status: int = 200, **context: Any) -> Response:
    records = await hub().store.entries(info.id)
    left = await hub().store.callback_of(info.id)
    place = await hub().queue.of(info.id)
    conversation = {
        "closed": info.state == State.CLOSED,
        "rated": any(record.kind == What.RATING for record in records),
        "messages": lines_for_citizen(hub(), records, "/chat/files/"),
    }
    if records:
        hub().signs.had(info.id, records[-1].seq)
    reference = left.reference if left else ""
    return _page(
        "conversation", status=status, conversation=conversation, left=reference, place=place, **context
    )


async def _again(**context: Any) -> Response:
    """The page that a form was on, with what was typed and what is wrong with it."""
    info = await _own_conversation()
    if info is not None:
        return await _conversation_page(info, **context)
    return _page("start" if _is_open() else "callback", **context)


def _department() -> str | None:
    """The department that the citizen chose, or that the page they come from leads to."""
    return hub().department_for(Asked(request.values.get("department"), request.values.get("page"), _lang()))


def _is_open() -> bool:
    """Whether a conversation can be begun: what the form says is what sending it meets."""
    return hub().office_for_citizens(_department()).open


@pages.get("/chat")
async def chat() -> AnyResponse:
    """The chat page: a conversation to begin or to go on with; closed, what the town chose for then."""
    info = await _own_conversation()
    if info is not None:
        return await _conversation_page(info, wait=request.args.get("wait") == "1")
    contact_page = hub().settings.when_closed(_department())
    if contact_page.startswith("http") and not _is_open():
        return redirect(contact_page, 303)
    return _page("start" if _is_open() else "callback")


async def _ongoing() -> ConversationInfo | None:
    """The cookie's conversation, if it goes on: contact details that are left now belong to it."""
    info = await _own_conversation()
    return info if info is not None and info.state != State.CLOSED else None


async def _callback_page(*, status: int = 200, **context: Any) -> Response:
    info = await _ongoing()
    known = {"form": {"name": info.name or ""}} if info is not None else {}
    return _page("callback", status=status, ongoing=info is not None, **(known | context))


@pages.get("/chat/callback")
async def callback_form() -> Response:
    """The form with contact details, whether or not the office is open."""
    return await _callback_page()


@pages.post("/chat/reference")
async def reference() -> Response:
    """How far a message with contact details is, by the reference that its citizen was given."""
    asked = request.form.get("reference", "")[:32]
    try:
        await write_limits().check(hub().settings, request.remote_addr or "")
    except ProblemError as error:
        return await _callback_page(status=error.status, asked=asked, notice=_wait(error))
    found = await hub().callback_progress(asked)
    progress = found[1].value if found else "unknown"
    return await _callback_page(status=200 if found else 404, asked=asked, progress=progress)


@pages.post("/chat")
async def start() -> AnyResponse:
    """Start a conversation from the plain form."""
    form = request.form.to_dict()
    try:
        new = NewConversation.model_validate(
            form | {"page": _page_or_none(form.get("page")), "page_title": form.get("title")}
        )
        mark = await admit(begins=True, plain=True)
        started = await hub().start_conversation(
            new.client_id,
            new.text,
            name=new.name,
            department=new.department,
            page=new.page,
            page_title=new.page_title,
            lang=_lang(),
            mark=mark,
        )
    except ValidationError as error:
        return await _again(status=422, form=form, errors=_faults(error), client_id=_client_id(form))
    except OfficeClosed:
        return _page("callback", status=409, form=form, notice=_words()("error_closed"))
    except NotAllowed:
        return await _again(
            status=403, form=form, notice=_words()("error_blocked"), client_id=_client_id(form)
        )
    except ProblemError as error:
        return await _again(status=error.status, form=form, notice=_wait(error), client_id=_client_id(form))
    response = redirect(url_for("pages.chat", lang=_lang()), 303)
    if started.token is not None:
        response.set_cookie(
            _COOKIE,
            f"{started.id}.{started.token}",
            path="/chat",
            httponly=True,
            samesite="Lax",
            secure=by_https(hub().settings.server.public_url),
        )
    return response


@pages.post("/chat/messages")
async def send() -> AnyResponse:
    """A further message from the plain form."""
    info = await _own_conversation()
    form = request.form.to_dict()
    if info is None:
        return _page("start", status=404, form=form, notice=_words()("error_gone"))
    try:
        new = NewMessage.model_validate(form)
        await admit(info, plain=True)
        await hub().visitor_wrote(info, new.client_id, new.text)
    except ValidationError as error:
        return await _again(status=422, form=form, errors=_faults(error), client_id=_client_id(form))
    except ProblemError as error:
        return await _again(status=error.status, form=form, notice=_wait(error), client_id=_client_id(form))
    except NotAllowed:
        return await _again(status=403, form=form, notice=_words()("error_blocked"))
    return redirect(url_for("pages.chat", lang=_lang()), 303)


@pages.post("/chat/callback")
async def callback() -> Response:
    """A message with contact details from the plain form; a chat that goes on becomes it."""
    form = request.form.to_dict()
    waiting = await _ongoing()
    try:
        new = NewCallback.model_validate(
            form
            | {"consent": bool(form.get("consent")), "page": _page_or_none(form.get("page"))}
            | {"conversation": waiting.id if waiting else None}
        )
        mark = await admit(begins=True, plain=True)
    except ValidationError as error:
        errors = _faults(error)
        return await _callback_page(status=422, form=form, errors=errors, client_id=_client_id(form))
    except ProblemError as error:
        return await _callback_page(
            status=error.status, form=form, notice=_wait(error), client_id=_client_id(form)
        )
    except NotAllowed:
        return await _callback_page(status=403, form=form, notice=_words()("error_blocked"))
    if made_up := from_a_program(new):
        return _page("received", reference=made_up)
    contact = Contact(new.name, new.email, new.phone)
    reference, _ = await hub().leave_callback(
        new.client_id, contact, new.text, lang=_lang(), page=new.page, waiting=waiting, mark=mark
    )
    return _page("received", reference=reference, ongoing=waiting is not None)


@pages.post("/chat/close")
async def close() -> AnyResponse:
    """End the conversation."""
    info = await _own_conversation()
    if info is not None:
        await hub().visitor_closed(info)
    return redirect(url_for("pages.chat", lang=_lang()), 303)


@pages.post("/chat/rating")
async def rate() -> AnyResponse:
    """Rate the conversation."""
    info = await _own_conversation()
    score = request.form.get("score", "")
    if info is not None and score in {"1", "2", "3", "4", "5"}:
        try:
            rating = Rating.model_validate({"score": int(score), "comment": request.form.get("comment")})
            await admit(info, plain=True)
        except (ValidationError, ProblemError, NotAllowed) as error:
            status = error.status if isinstance(error, ProblemError) else 422
            return await _again(status=status, notice=_words()("error_again"))
        await hub().visitor_rated(info, rating.score, rating.comment)
    return redirect(url_for("pages.chat", lang=_lang()), 303)


@pages.post("/chat/erase")
async def erase() -> AnyResponse:
    """Erase the conversation."""
    info = await _own_conversation()
    if info is not None:
        await hub().erase(info.id)
    return _without_cookie()


@pages.post("/chat/new")
def new() -> AnyResponse:
    """Leave the ended conversation and begin another."""
    return _without_cookie()


@pages.get("/chat/transcript")
async def transcript() -> AnyResponse:
    """The conversation as a text file."""
    info = await _own_conversation()
    if info is None:
        return redirect(url_for("pages.chat", lang=_lang()), 303)
    said = said_in(hub(), await hub().store.entries(info.id))
    response = Response(as_text(hub(), said, _words()), mimetype="text/plain")
    response.headers.set("Content-Disposition", "attachment", filename=f"{info.id}.txt")
    return response


@pages.post("/chat/transcript")
async def mail_transcript() -> AnyResponse:
    """The conversation by e-mail."""
    info = await _own_conversation()
    if info is None:
        return redirect(url_for("pages.chat", lang=_lang()), 303)
    form = request.form.to_dict()
    try:
        wanted = TranscriptMail.model_validate(form | {"lang": _lang()})
        await admit(info, plain=True)
        await hub().visitor_wants_transcript(info, wanted.email, wanted.lang)
    except ValidationError:
        words = _words()("error_email")
        return await _conversation_page(info, status=422, form=form, errors={"mail": words})
    except ProblemError as error:
        return await _conversation_page(info, status=error.status, form=form, errors={"mail": _wait(error)})
    except (NotAllowed, NotMailed):
        refused = _words()("live_mail_refused")
        return await _conversation_page(info, status=409, form=form, errors={"mail": refused})
    return await _conversation_page(info, mailed=wanted.email)


@pages.get("/chat/files/<seq:seq>")
async def file(seq: int) -> AnyResponse:
    """A file of the cookie's conversation."""
    info = await _own_conversation()
    if info is None:
        return redirect(url_for("pages.chat", lang=_lang()), 303)
    return await file_response(info.id, seq)


def _without_cookie() -> AnyResponse:
    response = redirect(url_for("pages.chat", lang=_lang()), 303)
    response.delete_cookie(_COOKIE, path="/chat")
    return response


def _page_or_none(page: str | None) -> str | None:
    """The page the citizen came from; a form's hidden field that is no address is no reason to refuse."""
    return page if page and page.startswith(("http://", "https://")) and " " not in page else None


def _client_id(form: dict[str, str]) -> str:
    given = form.get("client_id", "")
    return given if 1 <= len(given) <= 64 else str(uuid.uuid4())


def _wait(error: ProblemError) -> str:
    return _words()("error_fast", count=int(error.headers.get("Retry-After", "60")))


def _faults(error: ValidationError) -> dict[str, str]:
    """What is wrong with each field, in the reader's language."""
    words = _words()
    found: dict[str, str] = {}
    for fault in error.errors(include_url=False, include_context=False):
        name = str(fault["loc"][0]) if fault["loc"] else ""
        if name == "text":
            long = fault["type"] == "string_too_long"
            found[name] = words("error_text_long" if long else "error_text_empty", count=TEXT_LIMIT)
        elif name in ("name", "email", "phone"):
            found[name] = words(f"error_{name}")
        elif "consent" in fault["msg"]:
            found["consent"] = words("error_consent")
        elif not name:
            found["email"] = words("error_contact")
        else:
            found["text"] = words("error_again")
    return found
