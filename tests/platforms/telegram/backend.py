"""Everything the parts of the stand-in share: the world, the updates, and what was called."""

import uuid
from dataclasses import dataclass, field

from ..changes import Changes
from ..faults import Faults
from .faults import ASIDE
from .limits import Limits
from .records import BOT_ID, Json
from .updates import Updates
from .world import World


@dataclass
class Call:
    """One call: its arguments, when it came (monotonic), how it was answered.

    `outcome` is "ok", Telegram's words of refusal, the name of the fault that kept it from being done, or
    "given up" when the caller went away; empty while it is unanswered. `method` is in the spelling of the
    Bot API where it is known.
    """

    method: str
    arguments: Json
    at: float
    outcome: str = ""


@dataclass
class Query:
    """A press of a button that waits for answerCallbackQuery."""

    id: str
    answered: bool = False
    text: str = ""


@dataclass(eq=False, repr=False)
class Backend:
    """The stand-in's shared state."""

    token: str = field(default_factory=lambda: f"{BOT_ID}:AA{uuid.uuid4().hex}x")

    def __post_init__(self) -> None:
        self.changes = Changes()
        self.faults = Faults(ASIDE)
        self.limits = Limits()
        self.calls: list[Call] = []
        self.queries: dict[str, Query] = {}
        self.commands: dict[str, list[Json]] = {}
        self.actions: list[tuple[int, int | None, str]] = []
        self.is_revoked = False
        self.updates = Updates(self.changes.ring)
        self.world = World(self.updates.offer, self.changes.ring)
