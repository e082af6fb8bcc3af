"""The Flask application: blueprints, headers that protect the pages, errors, limits."""

import gzip
import logging
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import IO

from flask import Flask, Request, Response, abort, render_template, request
from werkzeug.exceptions import HTTPException

from routing.hub import Hub
from routing.rates import SharedRates
from texts import LANGUAGES, words
from texts.hours import clock, office_in_words
from web import assets, headers, openapi, paths, problems
from web.api import api
from web.asgi import LoopFlask
from web.cookies import DESK_SESSION, DeskSession
from web.desk import Desk, desk
from web.environ import Scope
from web.exchange import Receive, Send
from web.health import health
from web.limits import WriteLimits
from web.messages import Messages
from web.pages import pages
from web.problems import http_problem, problem
from web.proof import Proofs
from web.rich import shown
from web.schemas import BODY_LIMIT
from web.status import office_of
from web.texts import page_texts

log = logging.getLogger(__name__)

VERSION = "0.1.0"


class Application(LoopFlask):
    """Flask on the loop, but for the ordinary messages of citizens: those are answered before it."""

    def __init__(self, hub: Hub, rates: SharedRates | None, *, serves_citizens: bool) -> None:
        super().__init__("web", static_folder=None, template_folder="templates")
        self.extensions["hub"] = hub
        limits = self.extensions["write_limits"] = WriteLimits(rates, hub.mark_of)
        self._messages = Messages(hub, limits)
        self.serves_citizens = serves_citizens

    async def asgi(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one HTTP request, or the server's lifespan."""
        if scope["type"] == "http" and self.serves_citizens:
            rest = await self._messages.answer(scope, receive, send)
            if rest is None:
                return
            receive = rest
        await super().asgi(scope, receive, send)


class BoundedRequest(Request):
    """Keeps an upload in memory: its size is bounded, and a temporary file would block the loop."""

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        return BytesIO()


def create(
    hub: Hub, secret_key: str, rates: SharedRates | None = None, *, serves_citizens: bool = True
) -> Application:
    """The application that serves ``hub``; with ``rates``, they are counted together with other hubs.

    One that does not serve citizens only says how it is.
    """
    app = Application(hub, rates, serves_citizens=serves_citizens)
    app.request_class = BoundedRequest
    app.session_interface = DeskSession(hub.settings.server.public_url)
    app.config.update(
        SECRET_KEY=secret_key,
        MAX_CONTENT_LENGTH=BODY_LIMIT,
        SESSION_COOKIE_NAME="desk",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",  # so that the link works from a letter, too; forms have a token
        PERMANENT_SESSION_LIFETIME=DESK_SESSION,
        PROPAGATE_EXCEPTIONS=False,
    )
    app.extensions["desk"] = Desk(hub)
    app.extensions["proofs"] = Proofs(secret_key, shared=rates)
    app.extensions["openapi"] = openapi.document(hub.settings.server.public_url, VERSION)
    paths.register(app)
    for blueprint in (api, pages, desk, health):
        app.register_blueprint(blueprint)
    assets.register(app)
    problems.register(app)
    _answer_errors(app, hub)
    headers.register(app, hub)
    if not serves_citizens:
        _say_only_how_it_is(app)
    _compress(app)
    _read_ahead(app)
    return app


def _say_only_how_it_is(app: Flask) -> None:
    @app.before_request
    def refuse() -> None:
        if request.blueprint != health.name:
            abort(404)


def _read_ahead(app: Flask) -> None:
    """Read templates and languages now: from the loop, a file may not be read."""
    app.jinja_env.auto_reload = False
    app.jinja_env.globals["clock"] = clock
    app.jinja_env.filters["shown"] = shown
    for name in app.jinja_env.list_templates():
        app.jinja_env.get_template(name)
    now = datetime.now(UTC)
    for lang in LANGUAGES:
        office_in_words(words(lang, {}), now, is_open=False, reopens=now + timedelta(days=400))


def _answer_errors(app: Flask, hub: Hub) -> None:
    @app.errorhandler(HTTPException)
    def on_http_error(error: HTTPException) -> Response | tuple[str, int]:
        if request.path.startswith("/api/") or error.code is None:
            return http_problem(error)
        if error.response is not None or error.code < 400:
            return Response(
                response=error.get_response().get_data(), status=error.code, headers=error.get_headers()
            )
        return error_page(hub, error.code), error.code

    @app.errorhandler(Exception)
    def on_our_fault(error: Exception) -> Response | tuple[str, int]:
        log.error("%s %s failed", request.method, request.url_rule, exc_info=error)
        if request.path.startswith("/api/"):
            return problem(500, "It was noted; please try again.")
        return error_page(hub, 500), 500


def error_page(hub: Hub, status: int) -> str:
    """A page that says what is wrong, in the reader's language."""
    words = hub.words_for(request.args.get("lang"), *request.accept_languages.values())
    known = status if status in (400, 403, 404, 429) else 500 if status >= 500 else 400
    return render_template(
        "error.html",
        **page_texts(words),
        office=office_of(hub),
        status=status,
        message=words(f"page_{known}"),
    )


def _compress(app: Flask) -> None:
    """Pages in a third of their bytes. Not where a cookie came along: the size of a compressed page that shows
    something private tells of it to whoever can put words of their own beside it and watch the line (BREACH)."""

    @app.after_request
    def compress(response: Response) -> Response:
        if response.mimetype == "text/html" and not request.cookies:
            response.vary.add("Accept-Encoding")
            if request.accept_encodings.find("gzip") >= 0 and not response.is_streamed:
                response.set_data(gzip.compress(response.get_data(), 6, mtime=0))
                response.headers["Content-Encoding"] = "gzip"
        return response
