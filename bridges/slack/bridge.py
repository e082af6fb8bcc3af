"""The Slack bridge: its life, its health, and Bolt's listeners.

An event is acknowledged only after the hub has it on disk (``process_before_response``): Slack delivers
again what was not. What nobody wants is acknowledged at once, else Slack would count it as a failure.
"""

import asyncio
import contextlib
import logging
import re
import traceback
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult

from bridges.slack.aside import Aside
from bridges.slack.catchup import CatchUp
from bridges.slack.channels import Channels, configured, destination
from bridges.slack.client import new_client, new_session, quiet
from bridges.slack.errors import ANYWHERE
from bridges.slack.events import HomeOpened, MessageEvent, Pressed, Reaction, Shortcut, Submitted
from bridges.slack.gone import Gone
from bridges.slack.headings import Headings
from bridges.slack.home import Home
from bridges.slack.ids import NAME, SEND
from bridges.slack.inbound import Inbound
from bridges.slack.line import Identity, Line
from bridges.slack.menu import CALLBACK
from bridges.slack.names import Names
from bridges.slack.opening import Opening
from bridges.slack.outbound import Outbound
from bridges.slack.presence import Presences
from bridges.slack.sender import Sender
from bridges.slack.signs import Signs
from models.errors import StorageError
from models.tables import now_ms
from routing.bridge import Health, Place, Post, Progress
from routing.budget import Budget
from routing.errors import DeliveryError, TryLater, Unforeseen
from routing.hub import Hub
from settings import SlackSettings

log = logging.getLogger(__name__)

_GRACE = 0.6
"""Seconds that posts and events under way have to finish when the bridge stops."""
_ANYTHING = re.compile(".*")
_REACTION = re.compile("reaction_(added|removed)")


class Stopping(Exception):
    """The bridge is stopping: the event is left for Slack to deliver again."""


class SlackBridge:
    """Fulfils ``routing.bridge.Bridge``."""

    name = NAME

    def __init__(self, hub: Hub, settings: SlackSettings, bot_token: str, app_token: str) -> None:
        self.health = Health()
        self.identity: str | None = None
        self._hub = hub
        self._settings = settings
        self._client = new_client(settings.api_url, bot_token)
        self._connected = False
        self._line_problem: str | None = None
        self._stopping = False
        self._under_way = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._identity = Identity("", "", "", "", "")
        self._aside = Aside()
        self._names = Names(self._client)
        self._channels = Channels(self._report, self.health.details, self._is_ours)
        self._signs = Signs(self._client, self._channels, self.health.details)
        self._presences = Presences(self._client, self.health.details)
        opening = Opening()
        sender = Sender(self._client, hub.read_file)
        self._headings = headings = Headings(hub, sender, self._channels, self._aside)
        self._inbound = Inbound(
            hub,
            self._client,
            self._names,
            opening,
            self._is_ours,
            headings.changed,
            self._unread,
            self._nobody,
        )
        self._home = Home(hub, self._client, self._names, self._office_channels)
        self._gone = Gone(hub, self._client, self._channels, sender)
        self._outbound = Outbound(
            hub, self._client, self._channels, opening, sender, headings, self._unread
        )  # fmt: skip
        self._catch_up = CatchUp(hub, self._client, self._inbound, self.health.details)
        self._line = Line(
            self._app(),
            self._client,
            app_token,
            introduced=self._introduced,
            connected=self._came_back,
            lost=self._was_lost,
        )
        self._task: asyncio.Task[None] | None = None

    # Life ---------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Begin to connect, in the background; never fails."""
        self._client.session = new_session()
        self._catch_up.start()
        self._task = asyncio.create_task(self._line.run(), name="slack")

    async def stop(self) -> None:
        """Take nothing more in; posts and events under way get a moment to finish."""
        self._stopping = True
        await self._catch_up.stop()
        await self._aside.stop()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_GRACE):
                await self._idle.wait()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._names.stop()
        if self._client.session is not None:
            await self._client.session.close()

    @contextlib.contextmanager
    def _working(self) -> Iterator[None]:
        self._under_way += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._under_way -= 1
            if self._under_way == 0:
                self._idle.set()

    # From Slack ---------------------------------------------------------------------------------

    def _app(self) -> AsyncApp:
        # Bolt reads its own source for a name if it has none, which would block the loop. It is given no
        # token: it would ask Slack about it within an event, and acknowledge the event when that fails.
        async def authorize() -> AuthorizeResult:
            """Who the app is, for Bolt to know its own doings by; asked once, when the line was opened."""
            me = self._identity
            return AuthorizeResult(
                enterprise_id=None, team_id=me.team, bot_user_id=me.user, bot_id=me.bot, bot_token=""
            )

        async def overhear(body: dict[str, Any], next: Callable[[], Awaitable[None]]) -> None:
            """Bolt takes a hint about a reply to our post for our own doing, and passes it over."""
            event = body.get("event")
            if isinstance(event, dict) and event.get("subtype") == "message_replied":
                await self._take_in(MessageEvent, self._inbound.message, event)
            await next()

        app = AsyncApp(
            name="linea-diretta",
            before_authorize=overhear,
            client=new_client(self._settings.api_url, None),
            authorize=authorize,
            process_before_response=True,
            ignoring_self_events_enabled=True,
            logger=quiet,
        )
        app.event("message")(self._on_message)
        app.event(_REACTION)(self._on_reaction)
        app.event("app_home_opened")(self._on_home)
        app.event(_ANYTHING)(self._on_other_event)
        app.action(_ANYTHING)(self._on_action)
        app.shortcut(SEND)(self._on_shortcut)
        app.view(CALLBACK)(self._on_submitted)
        for kind in (app.shortcut, app.command, app.options, app.view_submission, app.view_closed):
            kind(_ANYTHING)(self._on_other_gesture)
        return app

    async def _on_message(self, event: dict[str, Any]) -> None:
        await self._take_in(MessageEvent, self._inbound.message, event)

    async def _on_reaction(self, event: dict[str, Any]) -> None:
        await self._take_in(Reaction, self._inbound.reacted, event)

    async def _on_action(self, ack: Callable[[], Awaitable[object]], body: dict[str, Any]) -> None:
        await self._take_in(Pressed, self._pressed, body)
        await ack()

    async def _pressed(self, gesture: Pressed) -> None:
        if await self._home.pressed(gesture):
            self._aside.run(self._home.show(gesture.user.id))
        else:
            await self._inbound.pressed(gesture)

    async def _on_home(self, event: dict[str, Any]) -> None:
        await self._take_in(HomeOpened, self._home_opened, event)

    async def _home_opened(self, opened: HomeOpened) -> None:
        if opened.tab == "home":
            self._aside.run(self._home.show(opened.user))

    async def _on_shortcut(self, ack: Callable[[], Awaitable[object]], body: dict[str, Any]) -> None:
        await self._take_in(Shortcut, self._inbound.sent_on, body)
        await ack()

    async def _on_submitted(self, ack: Callable[..., Awaitable[object]], body: dict[str, Any]) -> None:
        answer: dict[str, Any] | None = None

        async def handle(gesture: Submitted) -> None:
            nonlocal answer
            answer = await self._inbound.menu.submitted(gesture)

        await self._take_in(Submitted, handle, body)
        await ack(**(answer or {}))

    async def _on_other_event(self) -> None:
        self.health.last_event_at = now_ms()

    async def _on_other_gesture(self, ack: Callable[[], Awaitable[object]]) -> None:
        await ack()

    async def _take_in(self, shape: type[Any], handle: Callable[[Any], Awaitable[None]], raw: Any) -> None:
        """Hand an event to the hub; raises when it is to be delivered again."""
        if self._stopping:
            raise Stopping
        try:
            event = shape.model_validate(raw)
        except ValidationError as error:
            log.error("slack: an event was not understood and is passed over (%s)", error.error_count())
            return
        with self._working():
            try:
                await handle(event)
            except (StorageError, OSError) as error:
                log.warning("slack: an event waits to be delivered again: %s", type(error).__name__)
                raise
            except Exception as error:
                log.error("slack: an event failed in an unforeseen way (%s)", _where(error))
                raise
        self.health.last_event_at = now_ms()

    def _unread(self, channel: str, ts: str) -> None:
        self._aside.run(self._catch_up.read(channel, ts))

    def _nobody(self, channel: str, thread: str, ts: str | None) -> None:
        gone = self._gone
        self._aside.run(gone.wrote(channel, thread, ts) if ts else gone.say(channel, thread))

    def _office_channels(self) -> list[str]:
        own = destination(self._hub.settings, self._settings, None)
        return sorted(configured(self._hub.settings, self._settings), key=lambda one: (one != own, one))

    def _is_ours(self, channel: str) -> bool:
        return channel in configured(self._hub.settings, self._settings)

    # Health -------------------------------------------------------------------------------------

    def _introduced(self, identity: Identity) -> None:
        self._identity = identity
        self.identity = f"{identity.team}/{identity.user}" if identity.user else ""
        self._hub.places.set()
        self._inbound.own_user = identity.user or None
        self.health.details["bot"] = identity.name
        self.health.details["workspace"] = identity.team_name
        self._channels.mended(ANYWHERE)
        self._signs.reconnected()
        self._presences.reconnected()

    def _came_back(self) -> None:
        self._connected, self._line_problem = True, None
        self._catch_up.connected()
        self._report()

    def _was_lost(self, problem: str) -> None:
        self._connected, self._line_problem = False, problem
        self._report()

    def _report(self) -> None:
        """Put what is known into ``health``, and tell the hub when it has changed."""
        ours = configured(self._hub.settings, self._settings)
        problem = self._line_problem or self._channels.problem(ours)
        now = (self._connected, problem, self._channels.blocked(ours))
        health = self.health
        if (health.connected, health.problem, health.blocked) == now:
            return
        health.connected, health.problem, health.blocked = now
        self._hub.bridge_changed(NAME)

    # Towards the operators ----------------------------------------------------------------------

    def reconfigured(self) -> None:
        """What was wrong with a channel that is not the office's any more is no news."""
        self._report()

    def destination(self, department: str | None) -> str | None:
        """The department's own channel, else the office's."""
        return destination(self._hub.settings, self._settings, department)

    async def name_of(self, chat: str) -> str:
        """The channel's name, as people write it."""
        return await self._channels.name_of(self._client, chat)

    def budgets(self, chat: str) -> tuple[Budget, ...]:
        """1 message a second for each channel, 4 at once."""
        return self._channels.budgets(chat)

    async def deliver(self, post: Post, progress: Progress) -> None:
        """See ``routing.bridge.Bridge.deliver``."""
        await self._outward(self._outbound.deliver(post, progress))

    async def find(self, post: Post) -> str | None:
        """A message whose metadata carry the post's key; see ``routing.bridge.Bridge.find``."""
        found: str | None = await self._outward(self._outbound.find(post))
        return found

    async def _outward(self, call: Any) -> Any:
        if self._stopping:
            call.close()
            raise TryLater("the bridge is stopping")
        with self._working():
            try:
                return await call
            except (DeliveryError, LookupError, StorageError):
                raise
            except Exception as error:
                log.error("slack: a delivery failed in an unforeseen way (%s)", _where(error))
                raise Unforeseen(type(error).__name__) from error

    async def typing(self, place: Place) -> None:
        """Slack has no sign for it that an app may give in a channel."""

    def left(self, conversation_id: str, place: Place) -> None:
        """Change the first message of the thread."""
        self._headings.left(conversation_id, place)

    async def anybody_there(self) -> bool | None:
        """What Slack says of the people in the office's channels."""
        if self._stopping or not self._connected:
            return None
        channels = sorted(configured(self._hub.settings, self._settings))
        return await self._presences.anybody(channels, self._inbound.own_user)

    async def sign(self, chat: str, message: str, sign: str, instead_of: str | None = None) -> float:
        """A reaction of the app's, while there is room for it."""
        return 0.0 if self._stopping else await self._signs.put(chat, message, sign, instead_of)


def _where(error: Exception) -> str:
    """An error's kind and place, without its words: they may quote what somebody wrote."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{place}"
