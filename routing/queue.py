"""The citizens who wait for a first answer: each one's place in the line, and how long the answer usually takes."""

import asyncio
import logging
import math
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import NamedTuple
from zoneinfo import ZoneInfo

from models.errors import StorageError
from models.store import FirstAnswer, Store
from routing.fanout import Fanout, Live
from schedules.hours import state
from settings import Settings

log = logging.getLogger(__name__)

RECENT = timedelta(days=28)
"""The conversations that "usually" is about: four weeks have every weekday four times."""
_MOST = 50
"""The latest of them that are looked at: an office is as quick as it was lately."""
FEWEST = 8
"""Conversations below which nothing is said: of so few, one slow answer would move the median."""
_STILL_OPEN = timedelta(hours=1)
"""A conversation that began within it and still waits may yet be answered soon: it says nothing."""
_IN_LINE = timedelta(hours=4)
"""In a conversation where nothing happened for so long nobody sits and waits any more."""
_LONGEST_LINE = 200
"""Citizens who are told their place, in all lines together: one further behind learns nothing from it, and each step
forward is an event for each of them."""
_AT_MOST_EVERY = 2.0
"""Seconds between two looks, however much happens."""
_KEPT = 300.0
"""Seconds that the usual wait is kept: it changes with weeks, not with minutes."""


class Place(NamedTuple):
    """Somebody's place in the line of their department, from 1; ``minutes`` None where nothing can be said."""

    position: int
    minutes: int | None


def usual_wait(waits: Sequence[float]) -> timedelta | None:
    """The median of waits in seconds, infinity for one that ended without an answer; None if unknown."""
    if len(waits) < FEWEST:
        return None
    middle = median(waits)
    return None if math.isinf(middle) else timedelta(seconds=middle)


def wait_of(past: FirstAnswer, closes: datetime | None, now: int) -> float | None:
    """Seconds that a citizen waited; infinity if the office closed, or all was over, before the first answer.

    None where it is not known yet. ``closes``: when the office closed that was open when the chat began.
    """
    if past.answered is None:
        young = now - past.began < _STILL_OPEN.total_seconds() * 1000
        return None if past.waits and young else math.inf
    if closes is not None and past.answered > closes.timestamp() * 1000:
        return math.inf
    return (past.answered - past.began) / 1000


def minutes_to_say(usual: timedelta | None, waited: timedelta) -> int | None:
    """The usual wait in whole minutes; None once somebody has waited longer: it would be no help any more."""
    if usual is None or waited >= usual:
        return None
    return max(1, math.ceil(usual.total_seconds() / 60))


class Queue:
    """Keeps the lines in memory, reads them again when they change, and tells the open streams what changed."""

    def __init__(
        self,
        store: Store,
        fanout: Fanout,
        settings: Callable[[], Settings],
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._fanout = fanout
        self._settings = settings
        self._now = now
        self._places: dict[str, Place] = {}
        self._usual: dict[str | None, tuple[float, timedelta | None]] = {}
        self._stale = True
        self._looking = asyncio.Lock()
        self._clock = time.monotonic
        self._looked_at = -math.inf
        self._task: asyncio.Task[None] | None = None

    def changed(self) -> None:
        """Somebody came, was answered, or went: look again, if anybody is there to be told."""
        self._stale = True
        if self._task is None and self._fanout.streams():
            self._task = asyncio.create_task(self._follow())

    def time_passed(self) -> None:
        """What was said of the wait may not be true any more."""
        if self._places:
            self.changed()

    async def stop(self) -> None:
        """Look no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def of(self, conversation_id: str) -> Place | None:
        """The place of a conversation; None if it does not wait, or that is told in a moment."""
        if self._stale and self._clock() - self._looked_at < _AT_MOST_EVERY:
            self.changed()
        else:
            await self._look()
        return self._places.get(conversation_id)

    async def _follow(self) -> None:
        try:
            while self._stale:
                await self._look()
                await asyncio.sleep(_AT_MOST_EVERY)
        except StorageError as error:
            log.warning("who waits in line could not be looked up: %s", error)
        finally:
            self._task = None

    async def _look(self) -> None:
        async with self._looking:  # one at a time: what is read last is the newest
            if not self._stale:
                return
            self._stale = False
            try:
                await self._read()
            except StorageError:
                self._stale = True
                raise

    async def _read(self) -> None:
        self._looked_at = self._clock()
        now = int(self._now().timestamp() * 1000)
        since = now - int(_IN_LINE.total_seconds() * 1000)
        line: Counter[str | None] = Counter()
        places: dict[str, Place] = {}
        for row in await self._store.in_line(since, _LONGEST_LINE):
            line[row.department] += 1
            usual = await self._usual_of(row.department)
            waited = timedelta(milliseconds=now - row.created_at)
            places[row.id] = Place(line[row.department], minutes_to_say(usual, waited))
        before, self._places = self._places, places
        for conversation_id, place in places.items():
            if before.get(conversation_id) != place:
                self._fanout.publish(conversation_id, Live("queue", place._asdict()))
        for conversation_id in before.keys() - places.keys():
            self._fanout.publish(conversation_id, Live("queue", {"position": None, "minutes": None}))

    async def _usual_of(self, department: str | None) -> timedelta | None:
        at, usual = self._usual.get(department, (-math.inf, None))
        moment = self._clock()
        if moment - at < _KEPT:
            return usual
        settings, now = self._settings(), int(self._now().timestamp() * 1000)
        hours, zone = settings.hours_of(department), ZoneInfo(settings.office.timezone)
        waits = []
        since = now - int(RECENT.total_seconds() * 1000)
        for past in await self._store.first_answers(department, since, _MOST):
            closes = state(hours, zone, datetime.fromtimestamp(past.began / 1000, UTC)).until
            wait = wait_of(past, closes, now)
            if wait is not None:
                waits.append(wait)
            await asyncio.sleep(0)  # let others have their turn
        usual = usual_wait(waits)
        self._usual[department] = (moment, usual)
        return usual
