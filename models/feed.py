"""What all hubs have written, in the order of the rows' numbers: how one hub learns of another's changes for certain.

Numbers are handed out before a change is committed, so a lower one may appear after a higher one. The feed
remembers the numbers that it has not seen yet, and asks for them again until they cannot come any more.
"""

import time
from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import func, or_, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from models.errors import StorageError
from models.tables import Entry

_MOST = 2_000
"""Rows read at a time."""
_MOST_AHEAD = 100_000
"""Numbers that are remembered as known while the database cannot be read; what is known beyond is read once more."""
_OVERLAP = 1_000
"""Numbers before the newest of which one may be committed just now, when the feed begins."""
_LATEST = 60.0
"""Seconds after which a number that was handed out is not used any more: no change is open for as long."""
_MOST_MISSING = 5_000
"""Numbers that are asked for again; a crash of PostgreSQL skips a few dozen."""

_ENTRIES = Entry.__table__  # type: ignore[attr-defined]


class Head(NamedTuple):
    """An entry without its words."""

    conversation_id: str
    seq: int
    kind: str
    author: str


class Feed:
    """Gives each entry with the first ``read`` after it was committed, but those that it was told are known.

    The first read of all gives none.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._top: int | None = None
        """Up to here all numbers are done with, but for the missing."""
        self._missing: dict[int, float] = {}
        """Numbers below the top that were not seen yet, and until when they may come."""
        self._ahead: set[int] = set()
        """Numbers above the top that are known."""
        self.has_more = False
        """Whether the last read left some."""

    def knows(self, numbers: Iterable[int]) -> None:
        """Entries of these numbers were committed and are known: they need not be read."""
        for number in numbers:
            if self._top is None or number > self._top:
                if len(self._ahead) < _MOST_AHEAD:
                    self._ahead.add(number)
            else:
                self._missing.pop(number, None)
        self._rise()

    async def read(self) -> list[Head]:
        """What is new; at most ``_MOST``.

        Raises
        ------
        StorageError
            If the database does not answer.
        """
        try:
            async with self._engine.connect() as connection:
                if self._top is None:
                    return await self._begin(connection)
                query = (
                    select(
                        _ENTRIES.c.id,
                        _ENTRIES.c.conversation_id,
                        _ENTRIES.c.seq,
                        _ENTRIES.c.kind,
                        _ENTRIES.c.author,
                    )
                    .where(or_(_ENTRIES.c.id > self._top, _ENTRIES.c.id.in_(list(self._missing))))
                    .order_by(_ENTRIES.c.id)
                    .limit(_MOST)
                )
                asked = time.monotonic()
                rows = (await connection.execute(query)).all()
        except (DBAPIError, PoolTimeout, OSError) as error:
            raise StorageError(getattr(error, "orig", None) or error) from error
        self.has_more = len(rows) == _MOST
        new = [row for row in rows if row[0] in self._missing or self._is_new(row[0])]
        self._note([row[0] for row in rows], asked)
        return [Head(*row[1:]) for row in new]

    def _is_new(self, number: int) -> bool:
        """Whether it was not known before, nor while it was being read."""
        assert self._top is not None
        return number > self._top and number not in self._ahead

    async def _begin(self, connection: AsyncConnection) -> list[Head]:
        """What is there by now is not new; what is just being committed will be."""
        newest = (await connection.execute(select(func.coalesce(func.max(_ENTRIES.c.id), 0)))).scalar_one()
        since = max(0, newest - _OVERLAP)
        there = await connection.execute(select(_ENTRIES.c.id).where(_ENTRIES.c.id > since))
        self._top = since
        self._note(sorted(there.scalars().all()), time.monotonic())
        return []

    def _note(self, numbers: list[int], asked: float) -> None:
        """These were read, in this order: remember what was passed over.

        What was missing when it was ``asked`` for is asked for once more, however long the answer took to be heard.
        """
        assert self._top is not None
        now = time.monotonic()
        for number in numbers:
            if number > self._top:
                for skipped in range(max(self._top + 1, number - _MOST_MISSING), number):
                    if skipped not in self._ahead:
                        self._missing[skipped] = now + _LATEST
                self._top = number
            else:
                self._missing.pop(number, None)
        self._missing = {
            number: until for number, until in list(self._missing.items())[-_MOST_MISSING:] if until > asked
        }
        self._ahead = {number for number in self._ahead if number > self._top}
        self._rise()

    def _rise(self) -> None:
        """What is known right above the top is done with."""
        while self._top is not None and self._top + 1 in self._ahead:
            self._top += 1
            self._ahead.discard(self._top)
