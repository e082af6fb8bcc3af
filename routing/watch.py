"""Watches the platforms' lines: who is away for good, not for a blip, and that it is told once, and once when back."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from models.errors import StorageError
from routing.clock import Clock

log = logging.getLogger(__name__)

STEADY = 60.0
"""Seconds that a platform must be away, or back again, before it counts: reconnecting is no news."""


class Watch:
    """``tell`` is awaited with a platform's name and whether it is back, each time that this is certain."""

    def __init__(self, clock: Clock, tell: Callable[[str, bool], Awaitable[None]]) -> None:
        self._clock = clock
        self._tell = tell
        self._well: dict[str, bool] = {}
        self._pending: dict[str, asyncio.Task[None]] = {}
        self.away: set[str] = set()
        """The platforms that operators were told are away."""

    def saw(self, name: str, *, well: bool) -> None:
        """The platform can be used (``well``), or cannot, as far as is known now."""
        if self._well.get(name) == well:
            return
        self._well[name] = well
        pending = self._pending.pop(name, None)
        if pending is not None:
            pending.cancel()
        if well == (name in self.away):  # else it is again as was told
            self._pending[name] = asyncio.create_task(self._settle(name))

    async def stop(self) -> None:
        """Tell nothing more."""
        tasks = list(self._pending.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._well.clear()
        self._pending.clear()
        self.away.clear()

    async def _settle(self, name: str) -> None:
        await self._clock.sleep(STEADY)
        self._pending.pop(name, None)
        back = self._well[name]
        if back:
            self.away.discard(name)
        else:
            self.away.add(name)
        try:
            await self._tell(name, back)
        except StorageError as error:
            log.warning("operators were not told that %s is %s: %s", name, "back" if back else "away", error)
