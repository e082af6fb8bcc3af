"""`SlackStandIn`: a Slack workspace on a loopback port, to start, stop and start again."""

import asyncio
import uuid
from collections.abc import Callable
from types import TracebackType
from typing import Self, TypeVar

from aiohttp import web

from .backend import BOT_EVENTS, BOT_SCOPES
from .control import Control
from .operators import Operators
from .records import BOT_USER, FORMER, OURS
from .server import Server
from .sockets import Ack

T = TypeVar("T")


class SlackStandIn(Operators):
    """Slack for tests: the Web API and Socket Mode, strict, with state, and with faults on request.

    `async with SlackStandIn() as slack:` then gives `slack.api_url`, `slack.bot_token`,
    `slack.app_token`, and `slack.channel`, where the bot and the operators anna and marco are.
    `scopes` and `events` are what the app's manifest asks for: a call without its scope is refused, an
    event nobody asked for is not sent. `port` 0 means any free one. With `control` the gestures can be
    made over HTTP under /control/.
    """

    def __init__(
        self,
        *,
        scopes: frozenset[str] = BOT_SCOPES,
        events: frozenset[str] = BOT_EVENTS,
        port: int = 0,
        control: bool = False,
    ) -> None:
        super().__init__(scopes=scopes, events=events)
        self._port = port
        self._control = control
        self._runner: web.AppRunner | None = None
        self.workspace.add_user("anna", "Anna Bianchi")
        self.workspace.add_user("marco", "Marco Rossi", "Marco (URP)")
        self.channel = self.workspace.add_channel("urp").id

    @property
    def api_url(self) -> str:
        """The Web API's base address, for `base_url` of slack_sdk's clients."""
        return f"{self.workspace.base_url}api/"

    @property
    def acks(self) -> list[Ack]:
        """The envelopes acknowledged so far."""
        return self.socket_mode.acks

    @property
    def connected(self) -> int:
        """How many sockets the app has open."""
        return len(self.socket_mode.connections)

    async def start(self) -> None:
        """Listen: on any free port the first time, on the same one again afterwards."""
        app = Server(self, asyncio.get_running_loop().time).application()
        if self._control:
            Control(self).add_to(app)
        self._runner = web.AppRunner(
            app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1, handle_signals=False
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port, reuse_address=True).start()
        self._port = int(self._runner.addresses[0][1])
        self.workspace.base_url = f"http://127.0.0.1:{self._port}/"

    async def stop(self) -> None:
        """Slack is gone: sockets break, connections are refused. What it knows, it keeps."""
        if self._runner is None:
            return
        self.socket_mode.reset()
        await self._runner.cleanup()
        self._runner = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.faults.clear()
        await self.stop()

    async def wait_for(self, predicate: Callable[[], T], timeout: float = 5.0) -> T:  # noqa: ASYNC109
        """Return the predicate's first true value; it is asked again at each change of state.

        `TimeoutError` after `timeout` seconds, saying what had happened by then.
        """
        return await self.changes.wait_for(predicate, timeout, self.describe)

    def revoke(self, token: str) -> None:
        """The administrator revokes a token."""
        self.revoked.add(token)

    def restore(self, token: str) -> None:
        """The token is good again."""
        self.revoked.discard(token)

    def replace_app(self) -> None:
        """Someone makes the app anew: other tokens, another bot; what the old one wrote stays, as a stranger's."""
        for channel in self.workspace.channels:
            for root in self.workspace.in_channel(channel):
                for message in self.workspace.in_thread(channel, root.ts):
                    if message.app == OURS and message.from_bot:
                        message.app, message.user = FORMER, FORMER.user
        self.told_user = f"{BOT_USER[:-3]}{len(self.revoked) + 2:03d}"
        self.bot_token, self.app_token = f"xoxb-{uuid.uuid4().hex}", f"xapp-1-{uuid.uuid4().hex}"
        self.socket_mode.reset()
        self.changes.ring()

    def describe(self) -> str:
        """What happened so far, for the message of a failed test."""
        calls = [f"{c.method}: {c.outcome}" for c in self.calls[-12:]]
        shown = [f"{m.author}: {m.text!r}" for m in self.messages()[-6:]]
        pending = [d.payload.get("event_id") or d.type for d in self.socket_mode.pending()]
        return f"{self.connected} sockets; last calls {calls}; channel {shown}; not acknowledged {pending}"
