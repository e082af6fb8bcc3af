"""slack_sdk's client as the bridge uses it: no retries of its own, connections kept, quiet in the log."""

import logging
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies_environment, proxy_bypass

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient


class _Terse(logging.Filter):
    """Leaves of a library's error what failed, without what people wrote and without a traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        what = record.getMessage().partition("(")[0].strip()[:80]
        kind = record.exc_info[0] if record.exc_info else None
        record.msg = f"slack: {what} ({kind.__name__})" if kind else f"slack: {what}"
        record.args, record.exc_info = (), None
        return True


quiet = logging.getLogger("bridges.slack.library")
"""For the libraries: they would log whole requests, and a traceback for each lost socket."""
quiet.setLevel(logging.ERROR)
quiet.addFilter(_Terse())

_CONNECT = 5.0
"""Seconds to reach Slack; a longer wait would hold up other conversations."""
_ANSWER = 20
"""Seconds Slack may take to answer a call before its outcome counts as unknown."""
UPLOAD = 60.0
"""Seconds to send or fetch a file of 10 MB over an office's line."""


def new_client(api_url: str, token: str | None) -> AsyncWebClient:
    """A client of the Web API at ``api_url``; with ``token`` None a call must bring its own."""
    client = AsyncWebClient(
        token=token,
        base_url=api_url,
        timeout=_ANSWER,
        logger=quiet,
        retry_handlers=[],  # one place tries again: the outbox
    )
    client.proxy = proxy_for(api_url)
    return client


def proxy_for(url: str) -> str | None:
    """The proxy that the environment prescribes for ``url``; slack_sdk itself does not heed ``no_proxy``."""
    host = urlsplit(url).hostname or ""
    if proxy_bypass(host):
        return None
    proxies = getproxies_environment()
    return proxies.get("https") or proxies.get("http")


def new_session() -> aiohttp.ClientSession:
    """Connections to Slack that are kept and used again. Call it on the loop; close it."""
    timeout = aiohttp.ClientTimeout(total=_ANSWER, connect=_CONNECT + 1, sock_connect=_CONNECT)
    return aiohttp.ClientSession(timeout=timeout)


def is_slack(url: str, api_url: str) -> bool:
    """Whether ``url`` leads to Slack itself: nobody else may be shown the token."""
    target, ours = urlsplit(url), urlsplit(api_url)
    if (target.scheme, target.netloc) == (ours.scheme, ours.netloc):
        return True
    host = target.hostname or ""
    return target.scheme == "https" and (host == "slack.com" or host.endswith(".slack.com"))


async def data_of(call: Any) -> dict[str, Any]:
    """The JSON object that a call answers with; an answer of another shape is a ``ValueError``."""
    data = (await call).data
    if not isinstance(data, dict):
        raise ValueError("an answer that is no JSON object")
    return data
