"""The line on which Slack tells what operators do: a socket that is asked for, watched, and built anew.

slack_sdk's client reconnects by itself when Slack asks it to, or when the socket breaks. Where that does
not help (it tries a used address for ever), the line is given up and a new one is asked for; before each,
we ask ourselves whether the tokens are good, since the client does not say.
"""

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.web.async_client import AsyncWebClient

from bridges.slack import errors
from bridges.slack.client import data_of, proxy_for, quiet
from routing.bridge import Problem

log = logging.getLogger(__name__)

_PING = 5.0
"""Seconds between two pings; a socket that is silent for half as long after one is dead."""
_TICK = 1.0
"""Seconds between two looks at the socket."""
_PATIENCE = 3.0
"""Seconds a lost socket may take to come back by itself."""
_FIRST_PATIENCE = 15.0
"""Seconds a new socket may take until it stands."""
_HELLO = 2.0
"""Seconds to wait for Slack's hello on a socket that stands; past that it counts without."""
_DISMISSED = 6.0
"""Seconds after Slack announced a socket's end within which another must stand: the old one hears nothing more."""
_FIRST_WAIT = 1.0
"""Seconds before the second try of a failed question; doubled for each further one."""
_GOODBYE = 1.0
"""Seconds for Slack to answer that a socket is closed."""

LOST = Problem(
    "unreachable", "The connection to Slack is lost; trying again. Messages wait meanwhile, none is lost."
)


@dataclass(slots=True, frozen=True)
class Identity:
    """Who the app is."""

    user: str
    bot: str
    team: str
    name: str
    team_name: str


class Line:
    """Keeps one socket open until it is stopped.

    ``introduced`` is told who the app is, before the first event; ``connected`` that Slack said hello;
    ``lost`` what is wrong, each time it is.
    """

    def __init__(
        self,
        app: AsyncApp,
        client: AsyncWebClient,
        app_token: str,
        *,
        introduced: Callable[[Identity], None],
        connected: Callable[[], None],
        lost: Callable[[str], None],
    ) -> None:
        self._app = app
        self._client = client
        self._app_token = app_token
        self._introduced = introduced
        self._connected = connected
        self._lost = lost
        self._greeted = False
        self._dismissed: float | None = None
        """When Slack announced the end of the socket that there is."""

    async def run(self) -> None:
        """Hold the line, for ever."""
        failures = 0
        while True:
            method = "auth.test"
            try:
                self._introduced(_identity(await data_of(self._client.auth_test())))
                method = "apps.connections.open"
                answer = await data_of(self._client.apps_connections_open(app_token=self._app_token))
                url = str(answer["url"])
            except Exception as error:
                failures += 1
                problem, longest = errors.connection_problem(error, method)
                self._lost(problem)
                pause = errors.retry_after(error)
                backoff = min(longest, _FIRST_WAIT * 2 ** min(failures - 1, 10))
                await asyncio.sleep(backoff if pause is None else pause)
                continue
            if await self._hold(url):
                failures = 0
            else:
                failures += 1
                await asyncio.sleep(min(15.0, _FIRST_WAIT * 2 ** min(failures - 1, 10)))

    async def _hold(self, url: str) -> bool:
        """Open a socket at ``url`` and keep it until it is beyond repair; whether it ever stood."""
        handler = AsyncSocketModeHandler(
            self._app, self._app_token, logger=quiet, web_client=self._client, ping_interval=_PING
        )
        client = handler.client
        client.proxy = proxy_for(self._client.base_url)
        client.wss_uri = url
        client.message_listeners.append(self._heard)
        client.on_message_listeners.append(self._overheard)
        self._greeted, self._dismissed = False, None
        connecting = asyncio.create_task(client.connect())  # type: ignore[no-untyped-call]
        try:
            await self._watch(client)
        finally:
            connecting.cancel()
            await asyncio.gather(connecting, return_exceptions=True)
            await _close(client)
        return self._greeted

    async def _heard(self, _client: Any, message: dict[str, Any], _raw: str | None = None) -> None:
        if message.get("type") == "hello":
            self._greeted, self._dismissed = True, None
            self._connected()

    async def _overheard(self, frame: aiohttp.WSMessage) -> None:
        """The client keeps to itself that Slack has announced a socket's end."""
        if frame.type == aiohttp.WSMsgType.TEXT and _type_of(frame.data) == "disconnect":
            self._dismissed = time.monotonic()

    async def _watch(self, client: SocketModeClient) -> None:
        """Return once the socket has been lost for too long."""
        began = well = time.monotonic()
        while True:
            await asyncio.sleep(_TICK)
            now = time.monotonic()
            if self._dismissed is not None and now - self._dismissed >= _DISMISSED:
                self._lost(LOST)  # the client may keep the old one, which looks healthy and is deaf
                return
            if await client.is_connected():
                well = now
                if not self._greeted and now - began >= _HELLO:
                    await self._heard(client, {"type": "hello"})
            elif now - well >= (_PATIENCE if self._greeted else _FIRST_PATIENCE):
                self._lost(LOST)
                return
            elif now - well >= _PATIENCE:
                client.wss_uri = None  # an address is good once: the client is to ask for another


async def _close(client: SocketModeClient) -> None:
    """End a socket, its tasks and its connections, whether Slack answers or not."""
    client.closed = True
    client.auto_reconnect_enabled = False
    with contextlib.suppress(Exception):
        async with asyncio.timeout(_GOODBYE):
            if client.current_session is not None:
                await client.current_session.close()
    tasks = [
        task
        for task in (client.message_processor, client.current_session_monitor, client.message_receiver)
        if task is not None
    ]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    with contextlib.suppress(Exception):
        async with asyncio.timeout(_GOODBYE):
            await client.aiohttp_client_session.close()


def _type_of(frame: str) -> object:
    """The kind of a frame; None where it says none."""
    if '"disconnect"' not in frame:  # the only one that is asked for; the others may be long
        return None
    with contextlib.suppress(ValueError):
        parsed = json.loads(frame)
        return parsed.get("type") if isinstance(parsed, dict) else None
    return None


def _identity(data: dict[str, Any]) -> Identity:
    fields = ("user_id", "bot_id", "team_id", "user", "team")
    return Identity(*(str(data.get(name) or "") for name in fields))
