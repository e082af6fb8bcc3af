"""Calls of convenience that nobody waits for: typing, the end of a button's spinning, a keyboard's change."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

log = logging.getLogger(__name__)

_MOST = 50
"""Calls under way at once; more are dropped, since none of them matters that much."""


class Aside:
    """Runs calls in the background; their failure is noted, and changes nothing."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def run(self, call: Coroutine[Any, Any, object]) -> None:
        """Run ``call`` unless there are too many already."""
        task = asyncio.ensure_future(_quietly(call))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _: call.close())  # it may have been dropped before it began
        if len(self._tasks) > _MOST:
            task.cancel()

    async def stop(self) -> None:
        """Drop what is under way."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _quietly(call: Coroutine[Any, Any, object]) -> None:
    try:
        await call
    except Exception as error:
        log.info("telegram: a call of convenience failed (%s)", type(error).__name__)
