"""How fast one chat of a platform may be written to: a bucket of permits that fills with time."""

_WHOLE = 1.0 - 1e-9
"""A permit that lacks less than that is free: the rest is rounding, and might be waited for without end."""


class Budget:
    """``count`` permits per ``seconds``, of which at most ``burst`` may be used at once.

    Pure: the caller says what time it is (any monotonic clock, in seconds).
    """

    __slots__ = ("_burst", "_free", "_rate", "_since")

    def __init__(self, count: float, seconds: float, burst: float) -> None:
        self._rate = count / seconds
        self._burst = burst
        self._free = burst
        self._since: float | None = None

    def delay(self, now: float) -> float:
        """Seconds until a permit is free (0 when one is)."""
        self._fill(now)
        held = max(0.0, (self._since or now) - now)
        lacking = max(0.0, (1.0 - self._free) / self._rate) if self._free < _WHOLE else 0.0
        return held + lacking

    def take(self, now: float) -> None:
        """Use a permit; one that is not there yet is owed."""
        self._fill(now)
        self._free -= 1.0

    def hold(self, now: float, seconds: float) -> None:
        """No permit for ``seconds``: the platform asked for a pause. Then one, and more as time passes."""
        self._fill(now)
        self._since = max(self._since or now, now + seconds)
        self._free = min(self._free, 1.0)

    def _fill(self, now: float) -> None:
        if self._since is not None and now > self._since:
            self._free = min(self._burst, self._free + (now - self._since) * self._rate)
        self._since = now if self._since is None else max(self._since, now)
