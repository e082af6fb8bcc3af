"""`TelegramStandIn`: the Bot API on a loopback port, to start, stop and start again."""

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Self, TypeVar

from aiohttp import web

from .control import Control
from .errors import UNAUTHORIZED
from .operators import Operators
from .records import Json, Kind
from .server import MAX_BODY, Server

T = TypeVar("T")


class TelegramStandIn(Operators):
    """Telegram for tests: the Bot API, strict, with state, and with faults on request.

    `async with TelegramStandIn() as telegram:` then gives `telegram.api_url`, `telegram.token` and
    `telegram.chat`, a group of the given kind where the bot is an administrator and the operators anna
    and marco are. `port` 0 means any free one. With `control` the gestures can be made over HTTP under
    /control/.
    """

    def __init__(self, kind: str = Kind.FORUM, *, port: int = 0, control: bool = False) -> None:
        super().__init__()
        self._port = port
        self._control = control
        self._runner: web.AppRunner | None = None
        self.world.add_user("anna", "Anna Bianchi")
        self.world.add_user("marco", "Marco Rossi")
        self.chat = self.world.add_chat(Kind(kind), "URP").id

    @property
    def base_url(self) -> str:
        """Where it listens, with a slash at the end."""
        return f"http://127.0.0.1:{self._port}/"

    @property
    def api_url(self) -> str:
        """What comes before /bot<token>/ and /file/bot<token>/."""
        return self.base_url.rstrip("/")

    async def start(self) -> None:
        """Listen: on any free port the first time, on the same one again afterwards."""
        app = web.Application(client_max_size=MAX_BODY)
        if self._control:
            Control(self).add_to(app)
        Server(self, asyncio.get_running_loop().time).add_to(app)
        self._runner = web.AppRunner(
            app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1, handle_signals=False
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port, reuse_address=True).start()
        self._port = int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        """Telegram is gone: connections break and are refused. What it knows, it keeps."""
        if self._runner is None:
            return
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

    def pending(self) -> list[Json]:
        """The updates that the bot has not confirmed."""
        return list(self.updates.waiting)

    def redeliver(self) -> int:
        """Deliver everything that was confirmed once more; how many updates."""
        return self.updates.redeliver()

    def revoke(self, *, at_once: bool = True) -> None:
        """The administrator revokes the token; unless ``at_once``, who waits for news is left waiting."""
        self.is_revoked = True
        if at_once:
            self.updates.send_away(UNAUTHORIZED)

    def restore(self) -> None:
        """The token is good again."""
        self.is_revoked = False

    def describe(self) -> str:
        """What happened so far, for the message of a failed test."""
        calls = [f"{c.method}: {c.outcome}" for c in self.calls[-12:]]
        topics = {t.name: [m.text for m in self.thread(t.id)][-4:] for t in self.topics()[-3:]}
        shown = [f"{m.author}: {m.text!r}" for m in self.messages()[-6:]]
        pending = [update["update_id"] for update in self.pending()]
        return f"last calls {calls}; topics {topics}; outside {shown}; not confirmed {pending}"
