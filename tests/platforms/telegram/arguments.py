"""A call's arguments, wherever the client put them: query, form, JSON or multipart with files."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from .errors import bad_request

_TRUE = {"true", "1", "yes"}
_FALSE = {"false", "0", "no", ""}


@dataclass(frozen=True)
class Upload:
    """A file sent with a call."""

    name: str
    mime: str
    content: bytes


class Arguments:
    """Typed access to the arguments of one call; a wrong type is refused as Telegram refuses it."""

    def __init__(self, values: Mapping[str, Any], uploads: Mapping[str, Upload] | None = None) -> None:
        self.values = dict(values)
        self.uploads = dict(uploads or {})

    def __contains__(self, name: object) -> bool:
        return self.values.get(str(name)) not in (None, "") or str(name) in self.uploads

    def text(self, name: str) -> str | None:
        """A string; None when absent."""
        value = self.values.get(name)
        return None if value is None else str(value)

    def need(self, name: str) -> str:
        """A string that the method cannot do without."""
        value = self.text(name)
        if not value:
            raise bad_request(f'parameter "{name}" is required')
        return value

    def number(self, name: str) -> int | None:
        """A whole number; None when absent."""
        value = self.text(name)
        if value is None or value == "":
            return None
        try:
            return int(value)
        except ValueError:
            raise bad_request(f"invalid {name} specified") from None

    def need_number(self, name: str) -> int:
        """A whole number that the method cannot do without."""
        value = self.number(name)
        if value is None:
            raise bad_request(f"invalid {name} specified")
        return value

    def flag(self, name: str) -> bool:
        """A boolean, false when absent."""
        value = str(self.values.get(name, "")).lower()
        if value not in _TRUE | _FALSE:
            raise bad_request(f"invalid {name} specified")
        return value in _TRUE

    def structure(self, name: str, kind: type) -> Any:
        """A JSON object or array, sent as such or as a string; None when absent."""
        value = self.values.get(name)
        if value is None or value == "":
            return None
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except ValueError:
                raise bad_request(f"can't parse {name.replace('_', ' ')} JSON object") from None
        if not isinstance(value, kind):
            raise bad_request(f"object expected as {name.replace('_', ' ')}")
        return value

    def upload(self, name: str) -> Upload | None:
        """The bytes sent under this name, directly or as `attach://…`; None when there are none."""
        value = self.text(name) or ""
        return self.uploads.get(value.removeprefix("attach://") if value else name)


async def read(request: web.Request) -> Arguments:
    """Merge the arguments of a request."""
    merged: dict[str, Any] = dict(request.query)
    uploads: dict[str, Upload] = {}
    if request.content_type == "application/json":
        merged.update(await _json_body(request))
    elif request.can_read_body and request.method == "POST":
        for name, value in (await request.post()).items():
            if isinstance(value, web.FileField):
                content = value.file.read()
                uploads[name] = Upload(value.filename, value.content_type, content)
            elif isinstance(value, str):
                merged[name] = value
    return Arguments(merged, uploads)


async def _json_body(request: web.Request) -> dict[str, Any]:
    try:
        body = await request.json()
    except ValueError:
        raise bad_request("can't parse JSON object") from None
    if not isinstance(body, dict):
        raise bad_request("object expected as JSON body")
    return body
