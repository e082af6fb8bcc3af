"""Posts that are being put on Telegram: an operator may answer one before its number is on record."""

import asyncio
import contextlib
from collections.abc import Iterator

_LONGEST = 5.0
"""Seconds that an operator's message waits for the posts before it; meanwhile no other one is taken in."""


class Underway:
    """The posts under way, by chat."""

    def __init__(self) -> None:
        self._posts: set[tuple[str, asyncio.Event]] = set()

    @contextlib.contextmanager
    def post(self, chat: str) -> Iterator[None]:
        """While this is open, a post is on its way to ``chat``."""
        mine = (chat, asyncio.Event())
        self._posts.add(mine)
        try:
            yield
        finally:
            self._posts.discard(mine)
            mine[1].set()

    async def over(self, chat: str | None = None, patience: float = _LONGEST) -> None:
        """Return when the posts now on their way to ``chat`` (to any) are there, or after ``patience``."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                for where, done in list(self._posts):
                    if chat in (None, where):
                        await done.wait()
