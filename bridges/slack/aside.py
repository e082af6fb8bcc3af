"""Calls of convenience that nobody waits for: a heading brought up to date, a thread read once more."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from bridges.slack.errors import code

log = logging.getLogger(__name__)

_MOST = 50
"""Calls under way at once; more are dropped, since none of them matters that much."""


class Aside:
    """Runs calls in the background; their failure is noted, and changes nothing."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def run(self, call: Coroutine[Any, Any, object]) -> None:
        """Run ``call`` unless there are too many already."""
        if len(self._tasks) >= _MOST:
            call.close()
            return
        task = asyncio.create_task(_quietly(call))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _: call.close())  # it may have been dropped before it began

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
        log.info("slack: a call of convenience failed (%s)", code(error) or type(error).__name__)
