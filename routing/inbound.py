"""What operators do on a platform, as bridges report it to the hub."""

from dataclasses import dataclass

from models.journal import storable


@dataclass(slots=True, frozen=True)
class Operator:
    """Who did it: the platform's id and the person's full name."""

    id: str
    name: str

    def __post_init__(self) -> None:
        """Platforms let people call themselves anything; at most what a row holds is kept."""
        object.__setattr__(self, "name", storable(self.name)[:100])


@dataclass(slots=True, frozen=True)
class Arrival:
    """One gesture of an operator and where it came from."""

    bridge: str
    key: str
    """Unique for this gesture on this platform; the same when the platform delivers it again."""
    chat: str
    operator: Operator
    message: str | None = None
    """The platform's id of the message that was written; None for a press of a button."""
    thread: str | None = None
    """The thread it was written in, as ``Place.thread`` has it; None where that is not known."""
