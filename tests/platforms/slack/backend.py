"""Everything the parts of the stand-in share: the workspace, the sockets, and what was called."""

import time
import uuid
from dataclasses import dataclass, field

from ..changes import Changes
from ..faults import Faults
from .errors import SlackError
from .faults import ASIDE
from .limits import RateLimits
from .records import APP, BOT_USER, TEAM, Channel, Ephemeral, Json
from .sockets import SocketMode
from .workspace import Workspace

BOT_SCOPES = frozenset(
    {
        "chat:write",
        "chat:write.customize",
        "channels:history",
        "groups:history",
        "channels:read",
        "groups:read",
        "channels:join",
        "users:read",
        "commands",
        "files:read",
        "files:write",
        "reactions:read",
        "reactions:write",
    }
)
BOT_EVENTS = frozenset(
    {"message.channels", "message.groups", "reaction_added", "reaction_removed", "app_home_opened"}
)
RESPONSE_URL_USES = 5


@dataclass
class Call:
    """One Web API call: its arguments without the token, when it came (monotonic), how it was answered.

    `outcome` is "ok", Slack's error word, the name of the fault that kept it from being done, or
    "given up" when the caller of a hanging call went away; empty while it is unanswered.
    """

    method: str
    arguments: Json
    at: float
    outcome: str = ""


@dataclass
class ResponseUrl:
    """Where an app may answer an interaction, at most five times."""

    channel: str
    message_ts: str
    user: str
    uses: int = 0


@dataclass(eq=False, repr=False)
class Backend:
    """The stand-in's shared state. `scopes` and `events` are what the app's manifest asks for."""

    scopes: frozenset[str] = BOT_SCOPES
    events: frozenset[str] = BOT_EVENTS
    bot_token: str = field(default_factory=lambda: f"xoxb-{uuid.uuid4().hex}")
    told_user: str = BOT_USER
    """The bot's user, as the tokens' owner is told: another one once the app was made anew."""
    app_token: str = field(default_factory=lambda: f"xapp-1-{uuid.uuid4().hex}")

    def __post_init__(self) -> None:
        self.changes = Changes()
        self.faults = Faults(ASIDE)
        self.limits = RateLimits()
        self.calls: list[Call] = []
        self.ephemerals: list[Ephemeral] = []
        self.homes: dict[str, Json] = {}
        self.views: dict[str, Json] = {}
        self.triggers: set[str] = set()
        self.response_urls: dict[str, ResponseUrl] = {}
        self.revoked: set[str] = set()
        self.socket_mode = SocketMode(self.changes.ring)
        self.workspace = Workspace(self.emit)
        self._events = 0

    def emit(self, event: Json, channel: Channel | None) -> None:
        """Send an event to the app if it asked for such events and may see the channel."""
        self.changes.ring()
        kind = event["type"]
        if kind == "message" and channel is not None:
            kind = "message.groups" if channel.is_private else "message.channels"
        if kind not in self.events or (channel is not None and BOT_USER not in channel.members):
            return
        self._events += 1
        context = f"4-{uuid.uuid4().hex}"
        payload: Json = {
            "token": "verification-token-of-old",
            "team_id": TEAM,
            "context_team_id": TEAM,
            "api_app_id": APP,
            "event": event,
            "type": "event_callback",
            "event_id": f"Ev0LD{self._events:06X}",
            "event_time": int(time.time()),
            "authorizations": [
                {
                    "enterprise_id": None,
                    "team_id": TEAM,
                    "user_id": BOT_USER,
                    "is_bot": True,
                    "is_enterprise_install": False,
                }
            ],
            "is_ext_shared_channel": False,
            "event_context": context,
        }
        self.socket_mode.offer("events_api", payload)

    def check_token(self, token: str | None, method: str) -> None:
        """Refuse a call without a valid token of the right kind."""
        if token is None:
            raise SlackError("not_authed")
        if token not in (self.bot_token, self.app_token):
            raise SlackError("invalid_auth")
        if token in self.revoked:
            raise SlackError("token_revoked")
        wanted = self.app_token if method == "apps.connections.open" else self.bot_token
        if token != wanted and method != "auth.test":
            raise SlackError("not_allowed_token_type")

    def check_scope(self, scope: str | None) -> None:
        """Refuse a call for which the app's manifest did not ask the scope."""
        if scope is not None and not self.scopes & set(scope.split("|")):
            provided = ",".join(sorted(self.scopes))
            raise SlackError("missing_scope", needed=scope.split("|")[0], provided=provided)

    def readable(self, channel: str) -> Channel:
        """The channel, when the bot may read it: a private one that it is not in does not exist for it."""
        found = self.workspace.channels.get(channel)
        if found is None or (found.is_private and BOT_USER not in found.members):
            raise SlackError("channel_not_found")
        return found

    def joined(self, channel: str) -> Channel:
        """The channel, when the bot is in it."""
        found = self.readable(channel)
        if BOT_USER not in found.members:
            raise SlackError("not_in_channel")
        return found

    def new_response_url(self, channel: str, message_ts: str, user: str) -> str:
        """A response_url for an interaction with a message."""
        key = uuid.uuid4().hex
        self.response_urls[key] = ResponseUrl(channel, message_ts, user)
        return f"{self.workspace.base_url}response/{key}"

    def new_trigger(self) -> str:
        """A trigger_id, good for opening one view."""
        trigger = f"{uuid.uuid4().hex}.trigger"
        self.triggers.add(trigger)
        return trigger
