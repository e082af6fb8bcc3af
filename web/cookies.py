"""The two cookies, the desk's and that of a page without JavaScript: when they go over HTTPS alone."""

from datetime import timedelta
from urllib.parse import urlsplit

from flask import Flask, Request, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface

DESK_SESSION = timedelta(days=30)
"""From the desk's last use: who comes back from the holidays need not ask for a new link."""


def by_https(public_url: str) -> bool:
    """Whether the browser has come by HTTPS.

    A proxy may not say so; then it counts that it asked for the public address. On the hub's own machine the
    desk's link is opened without HTTPS, and a cookie for HTTPS alone would not come back.
    """
    public = urlsplit(public_url)
    return request.is_secure or (public.scheme == "https" and request.host == public.netloc)


class DeskSession(SecureCookieSessionInterface):
    """The desk's session, in a signed cookie; what citizens ask for is not to pay for one."""

    def __init__(self, public_url: str) -> None:
        self._public_url = public_url

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """The session of a request to the desk, none for any other."""
        return super().open_session(app, request) if request.path.startswith("/desk") else None

    def get_cookie_secure(self, app: Flask) -> bool:
        """For each browser as it came."""
        return by_https(self._public_url)
