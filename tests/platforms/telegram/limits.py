"""Telegram's flood limits, when switched on: so many messages to a chat in so many seconds."""

import asyncio
import math
from collections import defaultdict


class Limits:
    """The limit in force; none at first, so that tests are fast. The real one for a group is 20 in 60 s."""

    def __init__(self) -> None:
        self._rule: tuple[int, float] | None = None
        self._sent: dict[str, list[float]] = defaultdict(list)

    def allow(self, count: int, seconds: float) -> None:
        """From now on at most `count` messages to a chat in `seconds`."""
        self._rule = (count, seconds)
        self._sent.clear()

    def wait(self, chat: str) -> int:
        """0 when a message may go to the chat, else the seconds for `retry_after`."""
        if self._rule is None:
            return 0
        count, seconds = self._rule
        now = asyncio.get_running_loop().time()
        recent = [at for at in self._sent[chat] if now - at < seconds]
        self._sent[chat] = recent
        if len(recent) >= count:
            return math.ceil(recent[-count] + seconds - now)
        recent.append(now)
        return 0
