"""The time for which a hub leads: proof, in each change that it makes as the leader, that it still does."""

import time
from typing import Any, Protocol

from sqlalchemy import select
from sqlmodel import col

from models.errors import StorageError
from models.journal import Transaction
from models.tables import Leadership

FRESH_FOR = 5.0
"""Seconds after it last made sure that a hub may take itself for the leader: half of what makes others doubt it."""


class Deposed(StorageError):
    """Another hub leads."""

    def __init__(self) -> None:
        Exception.__init__(self, "another hub leads now")


class Term(Protocol):
    """For how long a hub may act as the leader."""

    is_shared: bool
    """Whether there may be other hubs."""

    def is_fresh(self) -> bool:
        """Whether it is certain enough to call a platform."""

    def check(self, tx: Transaction) -> None:
        """Keep anybody from following on until the change is committed.

        Raises
        ------
        Deposed
            If somebody has already.
        """


class Forever:
    """The term of a hub that is alone on its record."""

    is_shared = False

    def is_fresh(self) -> bool:
        """It always is."""
        return True

    def check(self, tx: Transaction) -> None:
        """Nobody ever follows on it."""


class Numbered:
    """One term of one of several hubs."""

    is_shared = True

    def __init__(self, number: int) -> None:
        self.number = number
        self._fresh_until = time.monotonic() + FRESH_FOR

    def renewed(self, at: float) -> None:
        """It still led at this moment of the monotonic clock, which goes on while a process is stopped."""
        self._fresh_until = at + FRESH_FOR

    def end(self) -> None:
        """It leads no more."""
        self._fresh_until = 0.0

    def is_fresh(self) -> bool:
        """Whether that was lately."""
        return time.monotonic() < self._fresh_until

    def check(self, tx: Transaction) -> None:
        """Read the number under a lock that whoever follows on has to wait for."""
        query: Any = select(col(Leadership.term)).where(col(Leadership.id) == 1).with_for_update(read=True)
        if tx.session.connection().execute(query).scalar() != self.number:
            raise Deposed
