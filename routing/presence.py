"""Who is there: what operators say of themselves (``here``, ``away``), and what can be seen of them.

What was said, and that nobody is there, is kept in the record. Each change of it leaves a mark in the office's own
conversation: it counts once however often it arrives, and other hubs hear of it (``routing.neighbours``).
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from models.journal import Draft, Journal, Transaction
from models.store import Store
from models.tables import OFFICE_ID, Author, Presence, Vacancy, What
from routing.changes import HUB, office_row

ACTIVE_FOR = timedelta(minutes=10)
"""Whoever did something is taken for being there so long: the time after which Slack takes people for away."""
SURE_AFTER = 2
"""Looks in a row that must find nobody: the desk's page may just be loading anew."""


class Attendance:
    """What the record says of it, at hand; what operators did lately; and what the last looks found."""

    def __init__(self, journal: Journal, store: Store) -> None:
        self._journal = journal
        self._store = store
        self._said: dict[str, Presence] = {}
        self._vacancy: Vacancy | None = None
        self._active_at: datetime | None = None
        self._empty_looks = 0
        self._reading = asyncio.Lock()

    async def load(self) -> None:
        """Read what the record says."""
        async with self._reading:  # what was read last is the newest
            said, self._vacancy = await self._store.presence(), await self._store.vacancy()
            self._said = {row.name: row for row in said}

    @property
    def nobody(self) -> bool:
        """Whether it is certain, and was told, that nobody is there, and nobody did anything since."""
        if self._vacancy is None:
            return False
        return self._active_at is None or _ms(self._active_at) < self._vacancy.since

    def here(self, at: datetime) -> list[str]:
        """Who said that they are there, and is not away for a moment; by name."""
        moment = _ms(at)
        return sorted(name for name, row in self._said.items() if row.away_until <= moment < row.until)

    def spoke_on_the_day_of(self, at: datetime, zone: ZoneInfo) -> bool:
        """Whether anybody said today that they are there: without it, silence means nothing."""
        midnight = datetime.combine(at.astimezone(zone).date(), time(), zone)
        return any(row.said_at >= _ms(midnight) for row in self._said.values())

    async def say_here(self, key: str, name: str, at: datetime, until: datetime) -> None:
        """``name`` is there until then; ``key`` is where they said it."""

        def work(tx: Transaction) -> None:
            if _is_new(tx, f"presence/{key}", name):
                tx.session.merge(Presence(name=name, until=_ms(until), away_until=0, said_at=_ms(at)))

        await self._change(work)

    async def say_away(self, key: str, name: str, until: datetime) -> None:
        """``name`` is away until then; who never said to be there has nothing to take back."""

        def work(tx: Transaction) -> None:
            if _is_new(tx, f"presence/{key}", name):
                row = tx.session.get(Presence, name)
                if row is not None:
                    row.away_until = _ms(until)

        await self._change(work)

    def did_something(self, at: datetime) -> bool:
        """An operator did something: is there; whether that is news."""
        news, self._active_at, self._empty_looks = self.nobody, at, 0
        return news

    def is_active(self, at: datetime) -> bool:
        """Whether an operator did something lately."""
        return self._active_at is not None and at - self._active_at < ACTIVE_FOR

    async def found_somebody(self) -> bool:
        """A look found somebody, or the office is closed; whether that is news."""
        news, vacancy, self._empty_looks = self.nobody, self._vacancy, 0
        if vacancy is not None:

            def work(tx: Transaction) -> None:
                row = tx.session.get(Vacancy, 1) if _is_new(tx, f"somebody/{vacancy.since}") else None
                if row is not None:
                    tx.session.delete(row)

            await self._change(work)
        return news

    async def found_nobody(self, at: datetime, text: str, deliver_to: tuple[str, ...]) -> bool:
        """A look found nobody. Once that is certain, ``text`` tells operators, once; whether it did now."""
        self._empty_looks += 1
        if self._vacancy is not None or self._empty_looks < SURE_AFTER:
            return False
        since = _ms(at)

        def work(tx: Transaction) -> None:
            if _is_new(tx, f"nobody/{since}") and tx.session.get(Vacancy, 1) is None:
                tx.session.add(Vacancy(since=since))
                key = f"nobody-here/{since}"
                tx.append(Draft(OFFICE_ID, What.ANSWER, HUB, key, Author.SYSTEM, text, deliver_to=deliver_to))

        await self._change(work)
        return True

    async def _change(self, work: Callable[[Transaction], None]) -> None:
        await self._journal.run(work)
        await self.load()


def _is_new(tx: Transaction, key: str, name: str | None = None) -> bool:
    """Leave the mark of a change; False if it was made before. That an operator said it does not make them active."""
    office_row(tx)
    return not tx.append(Draft(OFFICE_ID, What.NOTE, HUB, key, Author.SYSTEM, name=name)).repeated


def end_of_day(at: datetime, zone: ZoneInfo) -> datetime:
    """The next midnight on the clock on the wall."""
    return datetime.combine(at.astimezone(zone).date() + timedelta(days=1), time(), zone)


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
