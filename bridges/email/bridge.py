"""The e-mail bridge: its life and its health. It brings nothing in: what citizens answer goes to the mailbox."""

import asyncio

from bridges.email.client import CannotSend, Client
from bridges.email.ids import NAME
from bridges.email.outbound import Outbound
from models.tables import now_ms
from routing.bridge import Health, Place, Post, Progress
from routing.budget import Budget
from routing.hub import Hub
from settings import EmailSettings

_LOOK_EVERY = 300.0
"""Seconds between two looks whether the server can be used: so that a wrong password is known before it matters."""


class EmailBridge:
    """Fulfils ``routing.bridge.Correspondent``."""

    name = NAME
    identity: str | None = ""

    def __init__(self, hub: Hub, settings: EmailSettings, password: str | None) -> None:
        self.health = Health()
        self._hub = hub
        self._settings = settings
        self._client = Client(settings, password)
        self._outbound = Outbound(hub, self._client, settings)
        self._budgets = (Budget(30, 60, 10),)
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to look after the server, in the background."""
        self._task = asyncio.create_task(self._look(), name="email")

    async def stop(self) -> None:
        """Look no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _look(self) -> None:
        while True:
            try:
                await self._client.look()
                self._report(None)
            except CannotSend as problem:
                self._report(str(problem))
            await asyncio.sleep(_LOOK_EVERY)

    def _report(self, problem: str | None) -> None:
        health = self.health
        if (health.connected, health.problem) == (problem is None, problem):
            return
        health.connected, health.problem = problem is None, problem
        self._hub.bridge_changed(NAME)

    def reconfigured(self) -> None:
        """A mail server is changed with a restart."""

    def destination(self, department: str | None) -> str | None:
        """None: no conversation is shown here whole."""
        return None

    async def name_of(self, chat: str) -> str:
        """An address is its own name."""
        return chat

    def address_of(self, email: str | None) -> str | None:
        """See ``routing.bridge.Correspondent``."""
        return email or self._settings.office

    def budgets(self, chat: str) -> tuple[Budget, ...]:
        """30 letters a minute in all, 10 at once: under what common providers take from one sender."""
        return self._budgets

    async def deliver(self, post: Post, progress: Progress) -> None:
        """See ``routing.bridge.Bridge.deliver``."""
        try:
            await self._outbound.deliver(post, progress)
        except CannotSend as problem:
            self._report(str(problem))
            raise
        self._report(None)
        self.health.last_success_at = now_ms()

    async def find(self, post: Post) -> str | None:
        """Nobody tells us what is in a citizen's mailbox; a letter sent again has the same Message-ID.

        Raises
        ------
        LookupError
            Always.
        """
        raise LookupError(post.key)

    async def typing(self, place: Place) -> None:
        """Letters have no such sign."""

    def left(self, conversation_id: str, place: Place) -> None:
        """Letters have no place that could be left."""

    async def anybody_there(self) -> bool | None:
        """No operators are to be found in letters."""
        return None

    async def sign(self, chat: str, message: str, sign: str, instead_of: str | None = None) -> float:
        """No operator writes from here."""
        return 0.0
