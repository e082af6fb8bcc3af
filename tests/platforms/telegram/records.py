"""What Telegram consists of: people, chats, topics, messages, files."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

Json = dict[str, Any]

BOT_ID = 7_000_000_001
BOT_USERNAME = "linea_diretta_bot"
ANONYMOUS = 1_087_968_824
"""@GroupAnonymousBot: the author of what an anonymous administrator writes."""
CHANNEL_BOT = 136_817_688
"""@Channel_Bot: the author of what is written in a channel's name."""
GENERAL = 1
"""The thread of the topic "General", which requests must not name."""


_SERVICE = {
    "forum_topic_created", "forum_topic_edited", "forum_topic_closed", "forum_topic_reopened",
    "migrate_to_chat_id", "migrate_from_chat_id",
}  # fmt: skip


class Kind(StrEnum):
    """The kinds of group."""

    FORUM = "forum"
    SUPERGROUP = "supergroup"
    GROUP = "group"


@dataclass
class User:
    """A person or a bot."""

    id: int
    first_name: str
    last_name: str = ""
    username: str = ""
    is_bot: bool = False

    @property
    def full_name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}".strip()


@dataclass
class Rights:
    """What the bot may do in a chat; `status` is its place there, in the Bot API's words."""

    status: str = "administrator"
    can_manage_topics: bool = True
    can_delete_messages: bool = True
    can_pin_messages: bool = True
    can_send_messages: bool = True
    can_send_files: bool = True

    @property
    def is_inside(self) -> bool:
        """Whether the bot is in the chat at all."""
        return self.status in ("administrator", "member", "restricted")

    @property
    def is_admin(self) -> bool:
        """Whether the bot is an administrator there."""
        return self.status == "administrator"


@dataclass
class Topic:
    """A forum topic; its id is the number of the service message that made it."""

    id: int
    name: str
    icon_color: int = 7322096
    is_closed: bool = False
    icon: str = ""
    """The emoji shown instead of the coloured circle."""
    gone: str = ""
    """What Telegram says of it once it is deleted; empty while it is there."""


@dataclass
class File:
    """A file that Telegram keeps; `size` may be more than there are bytes, for tests of limits."""

    id: str
    unique_id: str
    name: str
    kind: str
    mime: str
    content: bytes
    size: int

    @property
    def path(self) -> str:
        """Where it is downloaded from, below /file/bot<token>/."""
        return f"{self.kind}s/{self.unique_id}_{self.name}"


@dataclass
class Message:
    """A message as Telegram keeps it; `extra` holds what else it can be about."""

    chat: int
    id: int
    sender: User
    date: int
    text: str = ""
    entities: list[Json] = field(default_factory=list)
    file: File | None = None
    thread: int | None = None
    """The topic it is in; None for General and for chats without topics."""
    reply_to: int | None = None
    markup: Json | None = None
    sender_chat: int | None = None
    signature: str = ""
    edited: int | None = None
    album: str | None = None
    previews: bool = True
    too_old: bool = False
    """Past the 48 hours within which a bot may delete what it sent."""
    reactions: dict[int, list[str]] = field(default_factory=dict)
    extra: Json = field(default_factory=dict)

    @property
    def is_service(self) -> bool:
        """Whether it is a line of Telegram's own."""
        return bool(_SERVICE & self.extra.keys())


@dataclass
class Chat:
    """A group."""

    id: int
    kind: Kind
    title: str
    rights: Rights = field(default_factory=Rights)
    members: set[int] = field(default_factory=set)
    topics: dict[int, Topic] = field(default_factory=dict)
    messages: dict[int, Message] = field(default_factory=dict)
    last: int = 0
    moved_to: int | None = None

    @property
    def is_forum(self) -> bool:
        """Whether it has topics."""
        return self.kind == Kind.FORUM

    @property
    def type(self) -> str:
        """The Bot API's word for it."""
        return "group" if self.kind == Kind.GROUP else "supergroup"


@dataclass(frozen=True)
class Shown:
    """A message as a person in Telegram sees it."""

    id: int
    author: str
    text: str
    is_bot: bool
    edited: bool
    file: str
    buttons: tuple[str, ...]
    reply_to: int | None
    live: tuple[str, ...]
    """Mentions, commands and addresses that do something at a touch."""
    previewed: bool
    reactions: dict[str, int]
    wire: Message


@dataclass(frozen=True)
class ShownTopic:
    """A topic as a person in Telegram sees it in the list."""

    id: int
    name: str
    is_closed: bool
    icon: str = ""
