"""What the hub does by the clock: announce openings and closings, erase what is old."""

import logging
from datetime import datetime
from zoneinfo import ZoneInfo

from models.errors import StorageError
from models.tables import Kind, now_ms
from routing.texts import say
from routing.waiting import EmptyRoom

log = logging.getLogger(__name__)


class ClockDuties(EmptyRoom):
    """The duties that ``schedules.jobs`` calls (``Duties``)."""

    async def office_switched(self, *, is_open: bool, at: datetime) -> None:
        """Tell operators and open pages. Citizens in a chat are ``routing.shifts``' concern."""
        language, state = self.operators_language, self.office()
        self.publish_status()
        if is_open != state.open:  # an operator's word is stronger than the hours
            return
        if is_open:
            text = say(language, "office_opened", until=self._moment(state.until))
        else:
            text = say(language, "office_closed", reopens=self._moment(state.reopens))
        await self.announce(f"hours/{at.isoformat()}", text)
        if is_open:
            await self.list_open_callbacks()
            await self.remind_of_callbacks()

    async def look_who_is_there(self) -> None:
        """In opening hours: tell operators, once, and citizens that nobody is to be seen; and that somebody is."""
        try:
            if not self.office().open or await self._sees_somebody():
                news = await self.attendance.found_somebody()
            else:
                text = say(self.operators_language, "nobody_here")
                news = await self.attendance.found_nobody(self.now(), text, self.destinations(None))
            if news:
                self.publish_status()
        except StorageError as error:
            log.warning("who is there could not be looked after: %s", error)

    async def _sees_somebody(self) -> bool:
        """Whether anybody is there, or nothing can be said: silence alone says nothing of who never said a word."""
        attendance, now = self.attendance, self.now()
        if self.desks() or attendance.here(now) or attendance.is_active(now):
            return True
        platforms = [name for name in self.bridges if name not in self.correspondents]
        seen = [await self.bridges[name].anybody_there() for name in platforms]
        spoke = attendance.spoke_on_the_day_of(now, ZoneInfo(self.settings.office.timezone))
        return any(seen) or not (spoke or (seen and None not in seen))

    async def forget_old(self) -> int:
        """Erase what is older than ``retention`` allows; how many conversations went."""
        retention = self.settings.retention
        old = await self.store.older_than(
            Kind.CHAT, now_ms() - int(retention.conversations.total_seconds() * 1000)
        )
        old += await self.store.older_than(
            Kind.CALLBACK, now_ms() - int(retention.callbacks.total_seconds() * 1000)
        )
        old += await self.store.older_than(
            Kind.WITHDRAWAL, now_ms() - int(retention.conversations.total_seconds() * 1000)
        )
        for conversation_id in old:
            await self.erase(conversation_id, everywhere=False)
        if old:
            log.info("retention: %d conversations were erased", len(old))
        return len(old)
