"""A request as WSGI has it (PEP 3333), from what ASGI has: the environ, and the body as it is read."""

import sys
from collections.abc import Awaitable, Callable, MutableMapping
from io import RawIOBase
from typing import Any

from flask import has_request_context, request
from werkzeug.exceptions import RequestEntityTooLarge

from web.greenlets import wait

Scope = MutableMapping[str, Any]

_DROPPED = "loopflask.dropped"
_names = {b"content-type": "CONTENT_TYPE", b"content-length": "CONTENT_LENGTH"}
"""Header names as WSGI spells them, of those seen before; bounded, since clients choose them."""
_MOST_NAMES = 500


def environ_of(scope: Scope) -> dict[str, Any]:
    """The environ, all but ``wsgi.input``."""
    root: str = scope.get("root_path", "").rstrip("/")
    path: str = scope["path"]
    if root and (path == root or path.startswith(root + "/")):
        path = path[len(root) :]
    scheme = scope.get("scheme", "http")
    host, port = scope.get("server") or ("localhost", None)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": root.encode().decode("latin-1"),
        "PATH_INFO": path.encode("utf-8", "surrogateescape").decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": host,
        "SERVER_PORT": str(port or (443 if scheme == "https" else 80)),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scheme,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    if client := scope.get("client"):
        environ["REMOTE_ADDR"], environ["REMOTE_PORT"] = client[0], str(client[1])
    for raw_name, raw_value in scope["headers"]:
        name = _names.get(raw_name) or _wsgi_name(raw_name)
        value = raw_value.decode("latin-1")
        if name in environ:
            value = f"{environ[name]}{'; ' if name == 'HTTP_COOKIE' else ','}{value}"
        environ[name] = value
    environ.pop(_DROPPED, None)
    return environ


def _wsgi_name(raw: bytes) -> str:
    """A header's key in the environ; one with an underscore would pass for another's, and is dropped."""
    name = _DROPPED if b"_" in raw else "HTTP_" + raw.decode("latin-1").upper().replace("-", "_")
    if len(_names) < _MOST_NAMES:
        _names[raw] = name
    return name


def add_body(environ: dict[str, Any], piece: Callable[[], Awaitable[bytes]]) -> bool:
    """Put ``wsgi.input`` into the environ, with what is known of its end.

    Parameters
    ----------
    piece
        Gives the body's next piece, nothing at its end.

    Returns
    -------
    bool
        Whether there may be a body.
    """
    chunked = "HTTP_TRANSFER_ENCODING" in environ
    if chunked:
        environ.pop("CONTENT_LENGTH", None)  # RFC 9112, section 6.3: the transfer coding overrides it
    length = environ.get("CONTENT_LENGTH")
    unstated = chunked or (length is None and not environ["SERVER_PROTOCOL"].startswith("HTTP/1"))
    if unstated:
        environ["wsgi.input_terminated"] = True  # the server finds the end
    environ["wsgi.input"] = _Body(piece, unstated)
    return unstated or (length is not None and length != "0")


class _Body(RawIOBase):
    """A request's body, received as it is read; no more of it is kept than one piece."""

    def __init__(self, piece: Callable[[], Awaitable[bytes]], unstated: bool) -> None:
        self._next = piece
        self._piece = memoryview(b"")
        self._unstated = unstated
        self._taken = 0

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, target: Any) -> int:
        """Fill ``target`` with what there is; 0 at the end.

        Raises
        ------
        ClientDisconnected
            If the client went away before the end: what came is not to be taken for the whole.
        RequestEntityTooLarge
            If a body of no stated length goes on past ``request.max_content_length``.
        """
        piece = self._piece or self._receive()
        count = min(len(target), len(piece))
        target[:count] = piece[:count]
        self._piece = piece[count:]
        if self._unstated and count:
            self._taken += count
            if self._taken == _limit():
                self._refuse_more()
        return count

    def _receive(self) -> memoryview:
        return memoryview(wait(self._next()))

    def _refuse_more(self) -> None:
        """At the limit, look further: Werkzeug does not, and would take the part for the whole."""
        self._piece = self._piece or self._receive()
        if self._piece:
            raise RequestEntityTooLarge


def _limit() -> int | None:
    return request.max_content_length if has_request_context() else None
