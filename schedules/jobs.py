"""What happens by the clock (APScheduler): openings and closings, reminders, deletions.

The jobs only call the hub's duties at the right time. Whether the office is open is computed from the hours at each
question, so a machine that slept through a job, or was restarted, is right at once.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.date import DateTrigger
from apscheduler.triggers.interval import IntervalTrigger

from settings import Settings

LOOK_EVERY = timedelta(seconds=10)
"""How often conversations that nobody answers are looked for, and whether the hours changed: also without the job
for it, as after a sleep or a turn of the clock."""

LOOK_AROUND_EVERY = timedelta(minutes=2)
"""How often it is looked who is there: a platform is asked for it, person by person."""


class Duties(Protocol):
    """What the jobs call; the hub does it."""

    async def keep_hours(self) -> None:
        """Announce openings and closings, and look after citizens around them; each thing is said once."""

    def next_change(self) -> datetime | None:
        """The next moment at which there is something to do for that."""

    async def remind_of_waiting(self) -> None:
        """Look after citizens whom nobody has answered."""

    async def look_who_is_there(self) -> None:
        """Find out whether any operator is there, and tell where nobody is."""

    async def forget_old(self) -> int:
        """Erase what is older than the configuration allows."""


class Jobs:
    """The jobs of one office; ``rebuild`` follows every change of the configuration."""

    def __init__(self, duties: Duties, now: Callable[[], datetime]) -> None:
        self._duties = duties
        self._now = now
        self._scheduler: AsyncIOScheduler | None = None

    def start(self, settings: Settings) -> None:
        """Begin; call on the running loop."""
        zone = ZoneInfo(settings.office.timezone)
        self._scheduler = AsyncIOScheduler(timezone=zone)
        self._scheduler.start()
        self.rebuild(settings)

    def rebuild(self, settings: Settings) -> None:
        """Forget every job and plan them anew from ``settings``."""
        if self._scheduler is None:
            return
        zone = ZoneInfo(settings.office.timezone)
        self._scheduler.remove_all_jobs()
        self._plan_next_change()
        self._scheduler.add_job(
            self._look,
            IntervalTrigger(seconds=int(LOOK_EVERY.total_seconds()), timezone=zone),
            next_run_time=datetime.now(UTC),
            coalesce=True,
            max_instances=1,
        )
        self._scheduler.add_job(
            self._duties.remind_of_waiting,
            IntervalTrigger(seconds=int(LOOK_EVERY.total_seconds()), timezone=zone),
            coalesce=True,
            max_instances=1,
        )
        self._scheduler.add_job(
            self._duties.look_who_is_there,
            IntervalTrigger(seconds=int(LOOK_AROUND_EVERY.total_seconds()), timezone=zone),
            coalesce=True,
            max_instances=1,
        )
        self._scheduler.add_job(
            self._duties.forget_old,
            CronTrigger(hour=3, minute=30, timezone=zone),
            coalesce=True,
            misfire_grace_time=None,
        )

    def stop(self) -> None:
        """End; a job under way is not waited for."""
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=False)
            self._scheduler = None

    def _plan_next_change(self) -> None:
        """Be there when something changes; whatever is planned already makes room for it."""
        if self._scheduler is None:
            return
        moment = self._duties.next_change()
        if moment is not None:
            # As long from now as it is by the hub's clock, which in tests is not the real one. Without a zone of
            # its own APScheduler would read the system's, from a file.
            trigger = DateTrigger(datetime.now(UTC) + (moment - self._now()), timezone=UTC)
            self._scheduler.add_job(
                self._look, trigger, id="change", replace_existing=True, misfire_grace_time=None
            )

    async def _look(self) -> None:
        await self._duties.keep_hours()
        self._plan_next_change()
