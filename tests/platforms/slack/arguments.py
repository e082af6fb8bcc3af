"""A call's arguments, wherever the client put them: query, form, JSON or multipart."""

import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from .errors import SlackError, invalid_arguments

_TRUE = {"1", "true", "yes"}


class Arguments:
    """Typed access to the arguments of one call; a wrong type is refused as Slack refuses it."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = dict(values)

    def __contains__(self, name: object) -> bool:
        return self.values.get(str(name)) not in (None, "")

    def text(self, name: str) -> str | None:
        """A string, or None when absent or empty; numbers in JSON count as strings."""
        value = self.values.get(name)
        if value is None or value == "":
            return None
        if isinstance(value, dict | list | bool):
            raise invalid_arguments(f"must be a string [json-pointer:/{name}]")
        return str(value)

    def need(self, name: str) -> str:
        """A string that the method cannot do without."""
        value = self.text(name)
        if value is None:
            raise invalid_arguments(f"missing required field: {name}")
        return value

    def flag(self, name: str, default: bool = False) -> bool:
        """A boolean: true, 1, "true", "1" and their opposites."""
        value = self.values.get(name)
        if value is None or value == "":
            return default
        return value is True or str(value).lower() in _TRUE

    def number(self, name: str, default: int) -> int:
        """A whole number, or the default when absent."""
        value = self.text(name)
        if value is None:
            return default
        try:
            return int(value)
        except ValueError:
            raise invalid_arguments(f"must be an integer [json-pointer:/{name}]") from None

    def structure(self, name: str, error: str) -> Any:
        """A JSON value, sent as such or as a string; None when absent, `error` when it is no JSON."""
        value = self.values.get(name)
        if value is None or value == "":
            return None
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            raise SlackError(error) from None


async def read(request: web.Request) -> tuple[Arguments, str | None]:
    """Merge the arguments of a request; returns them and the token, if any was sent."""
    merged: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        merged.update(await _json_body(request))
    elif request.can_read_body and request.method == "POST":
        form = await request.post()
        merged.update({k: v for k, v in form.items() if isinstance(v, str)})
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    token = merged.pop("token", None)
    if scheme.lower() == "bearer" and bearer:
        token = bearer
    return Arguments(merged), token


async def _json_body(request: web.Request) -> dict[str, Any]:
    try:
        body = await request.json()
    except ValueError:
        raise SlackError("invalid_json") from None
    if not isinstance(body, dict):
        raise SlackError("json_not_object")
    return body
