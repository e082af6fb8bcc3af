"""Who is there: what operators say of themselves (``here``, ``away``), and what can be seen of them."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from models.journal import Journal, Transaction
from models.store import Store
from models.tables import Presence

ACTIVE_FOR = timedelta(minutes=10)
"""Whoever did something is taken for being there so long: the time after which Slack takes people for away."""
SURE_AFTER = 2
"""Looks in a row that must find nobody: the desk's page may just be loading anew."""


class Attendance:
    """What operators said, kept in the record; and whether the last looks found anybody."""

    def __init__(self, journal: Journal, store: Store) -> None:
        self._journal = journal
        self._store = store
        self._said: dict[str, Presence] = {}
        self._active_at: datetime | None = None
        self._empty_looks = 0
        self.times_empty = 0
        """How often nobody was there since the program started: each time is told once."""

    async def load(self) -> None:
        """Read what was said."""
        self._said = {row.name: row for row in await self._store.presence()}

    @property
    def nobody(self) -> bool:
        """Whether it is certain, and was told, that nobody is there."""
        return self._empty_looks >= SURE_AFTER

    def here(self, at: datetime) -> list[str]:
        """Who said that they are there, and is not away for a moment; by name."""
        moment = _ms(at)
        return sorted(name for name, row in self._said.items() if row.away_until <= moment < row.until)

    def spoke_on_the_day_of(self, at: datetime, zone: ZoneInfo) -> bool:
        """Whether anybody said today that they are there: without it, silence means nothing."""
        midnight = datetime.combine(at.astimezone(zone).date(), time(), zone)
        return any(row.said_at >= _ms(midnight) for row in self._said.values())

    async def say_here(self, name: str, at: datetime, until: datetime) -> None:
        """``name`` is there until then."""
        await self._write(Presence(name=name, until=_ms(until), away_until=0, said_at=_ms(at)))

    async def say_away(self, name: str, until: datetime) -> None:
        """``name`` is away until then; who never said to be there has nothing to take back."""
        row = self._said.get(name)
        if row is not None:
            await self._write(Presence(**row.model_dump() | {"away_until": _ms(until)}))

    def did_something(self, at: datetime) -> bool:
        """An operator did something: is there; whether that is news."""
        self._active_at = at
        return self.found_somebody()

    def is_active(self, at: datetime) -> bool:
        """Whether an operator did something lately."""
        return self._active_at is not None and at - self._active_at < ACTIVE_FOR

    def found_somebody(self) -> bool:
        """A look found somebody, or the office is closed; whether that is news."""
        news, self._empty_looks = self.nobody, 0
        return news

    def found_nobody(self) -> bool:
        """A look found nobody; whether it is certain now, and was not before."""
        self._empty_looks += 1
        self.times_empty += self._empty_looks == SURE_AFTER
        return self._empty_looks == SURE_AFTER

    async def _write(self, row: Presence) -> None:
        def work(tx: Transaction) -> None:
            tx.session.merge(Presence(**row.model_dump()))

        await self._journal.run(work)
        self._said[row.name] = row


def end_of_day(at: datetime, zone: ZoneInfo) -> datetime:
    """The next midnight on the clock on the wall."""
    return datetime.combine(at.astimezone(zone).date() + timedelta(days=1), time(), zone)


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
