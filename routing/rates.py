"""Rates that several hubs count together: what the limits of ``web`` ask for, and what fulfils it elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from settings import Rate


@dataclass(slots=True, frozen=True)
class Counted:
    """Whose writes are counted, and how many there may be."""

    whose: str
    rate: Rate


class RatesAway(Exception):
    """They cannot be counted together now; each hub counts alone."""


class SharedRates(Protocol):
    """Windows that all hubs move."""

    async def count(self, rates: Sequence[Counted]) -> list[float]:
        """Count one write in each window, or in none where one of them is full.

        The seconds that each is to be waited for; all 0 where the write was counted.

        Raises
        ------
        RatesAway
            If that cannot be done now.
        """

    async def take_back(self, whose: Sequence[str]) -> None:
        """Their last write came to nothing."""
