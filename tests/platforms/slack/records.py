"""What a Slack workspace consists of: users, channels, messages, files."""

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

TEAM = "T0LINEA001"
TEAM_DOMAIN = "linea"
APP = "A0LINEA001"
BOT = "B0LINEA001"
BOT_USER = "U0LINEA001"
SLACKBOT = "USLACKBOT"


@dataclass(frozen=True)
class App:
    """An app that posts; ``user`` is its bot's user."""

    id: str
    bot: str
    user: str
    name: str


OURS = App(APP, BOT, BOT_USER, "linea")
OTHER = App("A0OTHER001", "B0OTHER001", "U0OTHER001", "promemoria")
"""Somebody else's app in the same workspace."""
FORMER = App("A0LINEA000", "B0LINEA000", "U0LINEA000", "linea")
"""Ours as it was before somebody made it anew (`SlackStandIn.replace_app`)."""


@dataclass
class User:
    """A person, or our bot's user. `display_name` may be empty, as it is for most people."""

    id: str
    name: str
    real_name: str
    display_name: str = ""
    is_bot: bool = False
    deleted: bool = False
    is_active: bool = True
    """Whether Slack shows the person as being there."""


@dataclass
class Channel:
    """A public or private channel; `members` are user ids."""

    id: str
    name: str
    is_private: bool = False
    is_archived: bool = False
    members: set[str] = field(default_factory=set)

    @property
    def kind(self) -> str:
        """`channel_type` in events: `group` means private."""
        return "group" if self.is_private else "channel"


@dataclass
class File:
    """An upload: announced (`content` None), received, then completed and shared."""

    id: str
    name: str
    length: int
    owner: str
    mimetype: str
    created: int
    title: str = ""
    content: bytes | None = None
    completed: bool = False
    shares: dict[str, list[str]] = field(default_factory=dict)


@dataclass
class Message:
    """A message as Slack keeps it: `text` is wire text, where & < > are escaped."""

    channel: str
    ts: str
    user: str | None
    text: str
    blocks: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    thread_ts: str | None = None
    broadcast: bool = False
    from_bot: bool = False
    app: App = OURS
    """Which app posted it, where one did."""
    username: str | None = None
    icons: Json = field(default_factory=dict)
    client_msg_id: str | None = None
    files: list[str] = field(default_factory=list)
    metadata: Json | None = None
    edited: Json | None = None
    reactions: dict[str, list[str]] = field(default_factory=dict)
    previews: bool = True
    tombstone: bool = False

    @property
    def is_root(self) -> bool:
        """True for a message of the channel itself, which a thread can hang from."""
        return self.thread_ts is None or self.thread_ts == self.ts


@dataclass(frozen=True)
class Shown:
    """A message as a person in Slack sees it."""

    ts: str
    author: str
    text: str
    is_bot: bool
    edited: bool
    files: tuple[str, ...]
    buttons: tuple[str, ...]
    reactions: dict[str, tuple[str, ...]]
    wire: Message


@dataclass(frozen=True)
class Ephemeral:
    """A message that one user alone sees and Slack does not keep."""

    channel: str
    user: str
    text: str
    thread_ts: str | None
