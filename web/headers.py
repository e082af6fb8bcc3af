"""Headers that answers carry: what keeps them from being misused, and which pages may read them (CORS)."""

from typing import Any

from flask import Flask, Response, request

from routing.hub import Hub
from settings import Settings
from web.proof import HEADER

PROTECTION = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"}
"""On every answer."""
PRIVATE = {"Cache-Control": "no-store"}
"""What citizens wrote stays in no cache."""


def for_origin(settings: Settings, origin: str) -> dict[str, str]:
    """What lets a page of ``origin`` read an answer (Fetch standard); nothing where it may not."""
    if origin.rstrip("/") not in settings.server.allowed_origins:
        return {}
    return {"Access-Control-Allow-Origin": origin, "Access-Control-Expose-Headers": "Retry-After"}


def register(app: Flask, hub: Hub) -> None:
    """Put them on every answer of ``app``."""
    _answer_cross_origin(app, hub)
    _protect(app, hub)


def _answer_cross_origin(app: Flask, hub: Hub) -> None:
    """CORS for the origins in ``server.allowed_origins``; no cookies ever cross."""

    @app.before_request
    def preflight() -> Response | None:
        if request.method != "OPTIONS" or not request.path.startswith("/api/"):
            return None
        return Response(status=204) if request.headers.get("Access-Control-Request-Method") else None

    @app.after_request
    def allow(response: Response) -> Response:
        origin = request.headers.get("Origin")
        if origin is None or not request.path.startswith("/api/"):
            return response
        if allowed := for_origin(hub.settings, origin):
            for name, value in allowed.items():
                response.headers.setdefault(name, value)
            response.vary.add("Origin")
            if request.method == "OPTIONS":
                response.headers["Access-Control-Allow-Methods"] = "GET, POST, DELETE"
                response.headers["Access-Control-Allow-Headers"] = (
                    f"Authorization, Content-Type, Last-Event-ID, {HEADER}"
                )
                response.headers["Access-Control-Max-Age"] = "600"
        return response


def _protect(app: Flask, hub: Hub) -> None:
    """Only the chat page may be framed by the town's site."""

    @app.after_request
    def headers(response: Response) -> Response:
        wanted = dict(PROTECTION)
        if response.mimetype == "text/html":
            framed_by = "'none'"
            if request.path.startswith("/chat"):
                framed_by = " ".join(["'self'", *hub.settings.server.allowed_origins])
            wanted["Content-Security-Policy"] = (
                "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
                "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; "
                f"frame-ancestors {framed_by}"
            )
            wanted |= PRIVATE
        elif request.path.startswith("/api/"):
            wanted |= PRIVATE
        found: Any = response.headers
        for name, value in wanted.items():
            found.setdefault(name, value)
        return response
