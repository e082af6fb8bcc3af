"""Time as deliveries see it: what waits asks this clock, so that an outage of an hour can be lived through."""

import asyncio
import contextlib
import time

from models.tables import now_ms


class Clock:
    """The machine's own time."""

    def now(self) -> int:
        """This moment, in milliseconds since 1970 UTC; it may jump when the machine's clock is set."""
        return now_ms()

    def monotonic(self) -> float:
        """Seconds since some moment; never jumps."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Let ``seconds`` pass."""
        await asyncio.sleep(seconds)

    async def wait(self, event: asyncio.Event, seconds: float | None) -> None:
        """Return when ``event`` is set, or after ``seconds`` (None: only then)."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await event.wait()
