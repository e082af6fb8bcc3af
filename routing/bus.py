"""The bus between hubs: what happens on one, told to the others at once. It keeps nothing and may lose anything.

What must not be lost is in the journal, which every hub also reads (``models.feed``). A message is a JSON object with
its ``kind`` (``routing.neighbours``); citizens' words are never in it, only where to read them.
"""

from collections.abc import Callable
from typing import Any, Protocol

Message = dict[str, Any]


class Bus(Protocol):
    """One way to the other hubs."""

    connected: bool
    """Whether what is sent arrives, as far as is known."""

    def send(self, message: Message) -> None:
        """To all other hubs, soon; dropped while there is no connection."""

    async def start(self, received: Callable[[Message], None], changed: Callable[[bool], None]) -> None:
        """Connect in the background; ``changed`` is told of each loss of the connection, and of its return."""

    async def stop(self) -> None:
        """Send nothing more."""


class Alone:
    """The bus of a hub that is the only one: there is nobody to tell, and what it says it knows."""

    connected = True

    def send(self, message: Message) -> None:
        """Nobody else is there."""

    async def start(self, received: Callable[[Message], None], changed: Callable[[bool], None]) -> None:
        """Nothing to connect to."""

    async def stop(self) -> None:
        """Nothing to stop."""
