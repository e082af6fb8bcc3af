"""Slack's rate limits, when switched on: token buckets on the monotonic clock."""

import asyncio
import math
from dataclasses import dataclass


@dataclass
class Bucket:
    """`burst` calls at once, then `per_second` of them."""

    per_second: float
    burst: float
    level: float
    filled_at: float

    def take(self, now: float) -> float:
        """Take one; returns 0, or the seconds to wait when there is none."""
        self.level = min(self.burst, self.level + (now - self.filled_at) * self.per_second)
        self.filled_at = now
        if self.level >= 1:
            self.level -= 1
            return 0.0
        return (1 - self.level) / self.per_second


class RateLimits:
    """The limits in force, by method; none at first, so that tests are fast."""

    def __init__(self) -> None:
        self._rules: dict[str, tuple[float, float, bool]] = {}
        self._buckets: dict[tuple[str, str], Bucket] = {}

    def add(self, method: str, per_second: float, burst: float = 1, per_channel: bool = False) -> None:
        """Limit a method. chat.postMessage really has 1/s a channel; tier 3 is 50/60 a second."""
        self._rules[method] = (per_second, burst, per_channel)

    def clear(self) -> None:
        """No limits any more."""
        self._rules.clear()
        self._buckets.clear()

    def wait(self, method: str, channel: str) -> int:
        """0 when the call may pass, else the whole seconds for `Retry-After`."""
        rule = self._rules.get(method)
        if rule is None:
            return 0
        per_second, burst, per_channel = rule
        now = asyncio.get_running_loop().time()
        key = (method, channel if per_channel else "")
        bucket = self._buckets.setdefault(key, Bucket(per_second, burst, burst, now))
        return math.ceil(bucket.take(now))
