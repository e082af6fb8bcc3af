"""Errors as RFC 9457 problem documents; nothing that a client sends ends in anything else."""

import json
import logging
from typing import Any

from flask import Flask, Response, current_app, request
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException, ServiceUnavailable

from models.errors import StorageError, UnknownConversation
from routing.core import Core
from routing.errors import NotAllowed, NotMailed, OfficeClosed
from routing.files import TypeNotAllowed
from routing.pictures import NotCleaned
from texts import Words

log = logging.getLogger(__name__)


class ProblemError(Exception):
    """A request that cannot be met; becomes a problem document."""

    def __init__(
        self, status: int, detail: str, *, headers: dict[str, str] | None = None, **more: Any
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.headers = headers or {}
        self.more = more


def problem(status: int, detail: str | None = None, **more: Any) -> Response:
    """The response for a problem; ``more`` are further members of the document.

    The title is for citizens, in their language (``?lang=``, else what the browser asks for, else English);
    what else it says is for whoever writes a client.
    """
    words = _words()
    key = f"problem_{status}"
    title = words(key if key in words.texts else "problem_other")
    body: dict[str, Any] = {"type": "about:blank", "title": title, "status": status}
    if detail:
        body["detail"] = detail
    body.update(more)
    response = Response(
        json.dumps(body, ensure_ascii=False), status=status, mimetype="application/problem+json"
    )
    response.headers["Content-Language"] = words.language.code
    return response


def _words() -> Words:
    hub: Core = current_app.extensions["hub"]
    return hub.words_for(request.args.get("lang"), *request.accept_languages.values(), "en")


def faults_of(error: ValidationError) -> list[dict[str, str]]:
    """What is wrong, member by member, without repeating what was sent."""
    return [
        {
            "at": ".".join(str(part) for part in fault["loc"]),
            "detail": fault["msg"].removeprefix("Value error, "),
        }
        for fault in error.errors(include_url=False, include_input=False, include_context=False)
    ]


def register(app: Flask) -> None:
    """Answer every error under ``/api`` with a problem document."""

    @app.errorhandler(ProblemError)
    def on_problem(error: ProblemError) -> Response:
        response = problem(error.status, str(error), **error.more)
        response.headers.update(error.headers)
        return response

    @app.errorhandler(ValidationError)
    def on_invalid(error: ValidationError) -> Response:
        faults = faults_of(error)
        if any(
            fault["type"] == "json_invalid" for fault in error.errors(include_url=False, include_input=False)
        ):
            return problem(400, f"This is not JSON: {faults[0]['detail']}")
        return problem(422, "; ".join(f"{f['at'] or 'body'}: {f['detail']}" for f in faults), errors=faults)

    @app.errorhandler(OfficeClosed)
    def on_closed(_error: OfficeClosed) -> Response:
        return problem(
            409,
            "Nobody is there now: leave a message with contact details at /api/callbacks.",
            callbacks="/api/callbacks",
        )

    @app.errorhandler(NotAllowed)
    def on_blocked(error: NotAllowed) -> Response:
        if error.until is None:
            return problem(403, "An operator has ended this conversation for good.")
        until = error.until.isoformat(timespec="seconds")
        return problem(403, f"An operator has blocked messages from here until {until}.", until=until)

    @app.errorhandler(NotMailed)
    def on_not_mailed(error: NotMailed) -> Response:
        return problem(409, str(error))

    @app.errorhandler(UnknownConversation)
    def on_unknown(_error: UnknownConversation) -> Response:
        return problem(404, "There is no such conversation: it never was, or it was erased.")

    @app.errorhandler(TypeNotAllowed)
    def on_type(error: TypeNotAllowed) -> Response:
        return problem(415, f"Files of this type are not taken: {error}.")

    @app.errorhandler(NotCleaned)
    def on_picture(error: NotCleaned) -> Response:
        detail = f"Where the picture was taken, and what else it hides, cannot be taken out of it: {error}."
        return problem(415, detail, picture=True)

    @app.errorhandler(StorageError)
    @app.errorhandler(OSError)
    def on_storage(error: Exception) -> Response:
        log.error("storage: %s", error)
        if request.path.startswith("/api/"):
            response = problem(503, "The message was not stored. Please send it again in a moment.")
        else:
            response = app.make_response(app.handle_user_exception(ServiceUnavailable()))
        response.headers["Retry-After"] = "5"
        return response


def http_problem(error: HTTPException) -> Response:
    """A problem document for what Flask itself refuses (404, 405, 413, ...)."""
    response = problem(error.code or 500, error.description)
    for name, value in error.get_headers(request.environ):
        if name.lower() not in ("content-type", "content-length"):
            response.headers[name] = value
    return response
