"""Several offices behind one address: a request goes to the office whose public address it asks for."""

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from web.environ import Scope
from web.exchange import Receive, Send

App = Callable[[Scope, Receive, Send], Awaitable[None]]
"""An ASGI application."""


class Hosts:
    """An ASGI application that hands each request on; what asks for no office goes to ``otherwise``."""

    def __init__(self, otherwise: App) -> None:
        self._otherwise = otherwise
        self._apps: dict[str, App] = {}

    def join(self, public_url: str, app: App) -> None:
        """From now on ``app`` answers what asks for this address."""
        self._apps[_host_of(public_url)] = app

    def leave(self, public_url: str, app: App) -> None:
        """``app`` answers it no more; another that took its place stays."""
        if self.at(public_url) == app:  # not "is": a bound method is made anew each time
            del self._apps[_host_of(public_url)]

    def at(self, public_url: str) -> App | None:
        """What answers there."""
        return self._apps.get(_host_of(public_url))

    async def asgi(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        asked = [value for name, value in scope["headers"] if name == b"host"]
        found = self._apps.get(_plain(asked[0].decode("latin-1"))) if len(asked) == 1 else None
        await (found or self._otherwise)(scope, receive, send)


def _host_of(public_url: str) -> str:
    return _plain(urlsplit(public_url).netloc)


def _plain(host: str) -> str:
    """A host with its port as everybody writes it: without the ports that go without saying, and small."""
    name, _, port = host.strip().lower().rpartition(":")
    if not name or not port.isdecimal():
        return host.strip().lower().removesuffix(".")
    name = name.removesuffix(".")
    return name if port in ("80", "443") else f"{name}:{port}"
