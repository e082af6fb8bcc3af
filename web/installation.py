"""What a program that serves several offices says in its own name: how they are, and that a host is none of theirs."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any, Protocol

from flask import Response, request

from models.errors import StorageError
from routing.hub import Hub
from texts import choose, words
from web.asgi import LoopFlask
from web.health import Numbers, alive, as_json, report_of

PATIENCE = 5.0
"""Seconds in which an office says how it is: one whose database hangs keeps nobody from hearing of the others."""
_LATER = 10
"""Seconds after which whoever asks for an office that rests may ask again."""
_FORWARDED = ("X-Forwarded-For", "X-Forwarded-Host", "Forwarded", "Via")
"""Set by the web server in front: the request is from outside."""


class Town(Protocol):
    """One office, as far as others may know."""

    @property
    def hub(self) -> Hub | None:
        """Its hub, while it is served."""

    @property
    def faults(self) -> list[str]:
        """What is wrong with its files as they stand, or keeps it from being served."""


def create_installation(towns: Mapping[str, Town]) -> LoopFlask:
    """The application for requests that ask for no office: whoever runs it asks by its address or any other name."""
    app = LoopFlask("web.installation", static_folder=None)

    @app.before_request
    async def answer() -> Response:
        if request.path == "/healthz":
            return alive()
        inside = not any(name in request.headers for name in _FORWARDED)
        if inside and request.path == "/readyz":
            return await _ready(towns)
        if inside and request.path == "/metrics":
            return await _metrics(towns)
        return _refusal(
            421,
            "page_404",
            "problem_404",
            "No office is served under this host. Behind a web server: it must pass the Host header on.",
        )

    return app


def create_resting() -> LoopFlask:
    """The application in the place of an office that cannot be served at the moment."""
    app = LoopFlask("web.installation", static_folder=None)

    @app.before_request
    def answer() -> Response:
        if request.path == "/healthz":
            return alive()
        detail = "This office cannot be served at the moment. Please send it again in a moment."
        response = _refusal(503, "page_500", "problem_503", detail)
        response.headers["Retry-After"] = str(_LATER)
        return response

    return app


async def _ready(towns: Mapping[str, Town]) -> Response:
    """How each office is; 503 only where none can take messages: one that fails is no reason to leave the others."""
    reports = dict(zip(towns, await asyncio.gather(*(_report(town) for town in towns.values())), strict=True))
    well = any(report["storage"] == "ok" for report in reports.values())
    return as_json({"offices": reports}, 200 if well else 503)


async def _report(town: Town) -> dict[str, Any]:
    hub = town.hub
    configuration: dict[str, Any] = {"configuration": list(town.faults) or "ok"}
    if hub is None:
        return configuration | {"storage": "not served"}
    try:
        async with asyncio.timeout(PATIENCE):
            return configuration | await report_of(hub)
    except (StorageError, TimeoutError) as error:
        return configuration | {"storage": str(error) or "no answer"}


async def _metrics(towns: Mapping[str, Town]) -> Response:
    """Everybody's numbers, each with the office's name; of an office that fails, that it does."""
    numbers = Numbers(several=True)
    ready = numbers.gauge("linea_office_ready", "1 while messages can be taken")
    faults = numbers.gauge("linea_office_faults", "What is wrong with the configuration as it stands")

    async def add(name: str, town: Town) -> None:
        faults.labels(name).set(len(town.faults))
        well = (await _report(town))["storage"] == "ok"
        hub = town.hub
        if hub is not None:
            try:
                async with asyncio.timeout(PATIENCE):
                    await numbers.add(hub, name)
            except (StorageError, TimeoutError):
                well = False
        ready.labels(name).set(well)

    await asyncio.gather(*(add(name, town) for name, town in list(towns.items())))
    return numbers.response()


def _refusal(status: int, page: str, title: str, detail: str) -> Response:
    """That there is nothing here, in a form that the client reads and in words that name no office."""
    spoken = words(choose(request.args.get("lang"), *request.accept_languages.values(), default="en"), {})
    if request.path.startswith("/api/"):
        body = {"type": "about:blank", "title": spoken(title), "status": status, "detail": detail}
        response = Response(json.dumps(body, ensure_ascii=False), mimetype="application/problem+json")
    else:
        response = Response(f"{spoken(page)} ({status})\n{detail}\n", mimetype="text/plain")
    response.status_code = status
    response.headers["Content-Language"] = spoken.language.code
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
