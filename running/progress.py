"""How far something is: one line that is written over on a terminal, and only its end in a log."""

import sys


class Progress:
    """Counts towards ``total`` of ``what``."""

    def __init__(self, what: str, total: int) -> None:
        self._what = what
        self._total = total
        self._done = 0
        self._shows = sys.stderr.isatty()

    def add(self, number: int) -> None:
        """So many more are done."""
        self.reach(self._done + number)

    def reach(self, done: int) -> None:
        """So many are done now."""
        self._done = done
        if self._shows:
            share = 100 * done // max(self._total, 1)
            print(f"\r\x1b[K{self._what}: {share} % of {self._total}", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        """Take the line away: whoever calls says the rest."""
        if self._shows:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)

    def end(self, words: str) -> None:
        """Say what came of it, in a line that stays."""
        self.clear()
        print(f"{self._what}: {words}", file=sys.stderr, flush=True)
