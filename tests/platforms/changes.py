"""Waiting for something to become true, woken at each change instead of sleeping."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Changes:
    """A bell that rings at each change of state."""

    def __init__(self) -> None:
        self._bell = asyncio.Event()

    def ring(self) -> None:
        """Something changed: whoever waits looks again."""
        self._bell.set()
        self._bell = asyncio.Event()

    async def wait_for(self, predicate: Callable[[], T], timeout: float, describe: Callable[[], str]) -> T:  # noqa: ASYNC109
        """Return the predicate's first true value; `TimeoutError` after `timeout` seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                while True:
                    bell = self._bell
                    if value := predicate():
                        return value
                    await bell.wait()
        raise TimeoutError(f"not within {timeout} s: {describe()}")
