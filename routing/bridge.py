"""What a platform must be able to do (``Bridge``), and what it is given to show (``Post``)."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, runtime_checkable

from models.journal import Record
from models.tables import Conversation
from routing.budget import Budget


@dataclass(slots=True, frozen=True)
class Place:
    """A thread on a platform: the chat (channel, group) and the thread within it ("" for the chat itself)."""

    chat: str
    thread: str


@dataclass(slots=True, frozen=True)
class ConversationInfo:
    """A conversation as it is now; an immutable copy that any task may keep."""

    id: str
    kind: str
    state: str
    token_hash: str
    name: str | None
    department: str | None
    page: str | None
    lang: str
    taken_by: str | None
    blocked: bool
    created_at: int
    page_title: str | None = None
    blocked_until: int | None = None
    browser_mark: str | None = None

    def is_blocked(self, at: int) -> bool:
        """Whether an operator has blocked it, at a moment in milliseconds."""
        return self.blocked and (self.blocked_until is None or self.blocked_until > at)

    @classmethod
    def of(cls, row: Conversation) -> "ConversationInfo":
        """The copy of a row."""
        return cls(
            row.id, row.kind, row.state, row.token_hash, row.name, row.department,
            row.page, row.lang, row.taken_by, row.blocked, row.created_at, row.page_title,
            row.blocked_until, row.browser_mark,
        )  # fmt: skip


@dataclass(slots=True, frozen=True)
class Post:
    """One thing to show on a platform."""

    key: str
    """Names this delivery for ever, through every retry (Slack: goes into the message's metadata)."""
    conversation: ConversationInfo
    entries: tuple[Record, ...]
    """What to show: one entry, or several messages joined while a backlog was waiting."""
    chat: str
    """Where a new thread is to be opened, when ``place`` is None."""
    place: Place | None
    """The conversation's thread on this platform; None when it has none yet."""
    shown: tuple[str, ...] = ()
    """For an edit or a deletion: ids of this platform's messages that show its target, by part."""
    target: Record | None = None
    """For an edit or a deletion: the entry it is about."""
    parts_done: int = 0
    """How many parts of this post are already on the platform (a crash came between two parts)."""
    maybe_repeated: bool = False
    """An earlier try may have gone through and the platform cannot be asked: say so in the post."""

    @property
    def entry(self) -> Record:
        """The first (usually the only) entry."""
        return self.entries[0]


class Progress(Protocol):
    """How a bridge asks whether it may show something, and reports, durably and at once, what it has done of a post.

    The reports raise ``StorageError`` where the bridge is not to go on: it could not be written, or, with what was done
    written all the same, another hub leads by now.
    """

    def may_call(self) -> None:
        """Call right before what shows a part of the post, with nothing awaited between.

        Raises
        ------
        TryLater
            If it is not certain that this hub still leads: it stood still, and another one may have followed on it.
        """

    async def opened(self, place: Place, message: str | None = None) -> None:
        """A thread for the conversation now exists at ``place``.

        ``message`` is the next part of the post, where that is what opened it.
        """

    async def posted(self, chat: str, message: str) -> None:
        """The next part of the post is on the platform as ``message``."""


class Problem(str):
    """What is wrong and what to do, in words for the administrator; ``kind`` names it for machines."""

    __slots__ = ("kind",)
    kind: str

    def __new__(cls, kind: str, words: str) -> "Problem":
        """``words``, under the name ``kind``."""
        made = super().__new__(cls, words)
        made.kind = kind
        return made


def kind_of(problem: str | None) -> str | None:
    """The short name of a problem; ``other`` for one that has none, None for none."""
    if problem is None:
        return None
    return problem.kind if isinstance(problem, Problem) else "other"


class Sign(StrEnum):
    """What an operator's own message is signed with: the same emoji on each platform."""

    READ = "👀"
    """The citizen has it."""
    UNREAD = "😴"
    """Nobody is there to read it."""


@dataclass(slots=True)
class Health:
    """What a bridge knows of its platform. Moments are milliseconds since 1970 UTC."""

    connected: bool = False
    blocked: bool = False
    """Nothing can be shown in any chat of the configuration (a right was lost, the channel archived)."""
    problem: str | None = None
    """What is wrong and what to do, in words for the administrator; None when all is well."""
    last_event_at: int | None = None
    last_success_at: int | None = None
    details: dict[str, str] = field(default_factory=dict)


class Bridge(Protocol):
    """A platform on which operators answer. The outbox calls it; it calls the hub."""

    name: str
    """Short and lower-case: ``slack``. It is the ``origin`` of entries that come from it."""
    health: Health
    identity: str | None
    """The account it works as: another one can neither change what this one posted nor hear its buttons. None
    until the platform has been asked, empty where it does not say."""

    async def start(self) -> None:
        """Connect and begin to listen; returns at once and keeps trying in the background."""

    async def stop(self) -> None:
        """Stop listening; nothing is acknowledged to the platform that is not in the journal."""

    def reconfigured(self) -> None:
        """A changed configuration is in force: it may name other chats."""

    def destination(self, department: str | None) -> str | None:
        """The chat that a department's conversations go to; None where it has none here."""

    async def name_of(self, chat: str) -> str:
        """What people call a chat, or its id where the platform does not say; never raises."""

    def budgets(self, chat: str) -> tuple[Budget, ...]:
        """How fast this chat may be written to; the same objects for the same chat each time."""

    async def deliver(self, post: Post, progress: Progress) -> None:
        """Show ``post`` on the platform; report each step to ``progress`` as it is done.

        Raises
        ------
        TryLater, Refused, OutcomeUnknown, Unforeseen, ThreadGone
            See ``routing.errors``.
        """

    async def find(self, post: Post) -> str | None:
        """The id of a message that an earlier, unanswered try of ``post`` left; None if there is none.

        Raises
        ------
        LookupError
            If this platform cannot be asked (the post is then sent again, marked as maybe repeated).
        TryLater
            If it cannot be asked now.
        """

    async def typing(self, place: Place) -> None:
        """Show that the citizen is typing, where the platform has such a sign; never raises."""

    async def sign(self, chat: str, message: str, sign: str, instead_of: str | None = None) -> float:
        """Put an emoji on a message as the bot's own, where it may and no post needs the room; "" for none.

        ``instead_of`` is the one that it may bear. Returns 0 when there is no more to do, else the seconds
        after which there may be room; never raises.
        """

    def left(self, conversation_id: str, place: Place) -> None:
        """A conversation goes on in another chat: what stands at ``place`` is to say so, some time soon."""

    async def anybody_there(self) -> bool | None:
        """Whether the platform shows any of its people as being there; None where it does not say; never raises."""


@runtime_checkable
class Correspondent(Bridge, Protocol):
    """A bridge that writes to citizens themselves, who left an address; operators are not to be found there."""

    def address_of(self, email: str | None) -> str | None:
        """Where a callback of a citizen with this e-mail address is answered; None where it cannot be."""
