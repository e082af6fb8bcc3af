"""The digest: what the day was, told to operators at closing time; and once a week, with a picture.

Which day is due follows from the hours and the moment, and what was told from the record: a program that slept through
the closing or was restarted tells it late, and only once. Where nothing happened, nothing is said.
"""

import asyncio
import logging
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from models.errors import StorageError
from models.figures import Beginning
from models.journal import Draft, Transaction
from models.tables import OFFICE_ID, Author, What
from routing.changes import HUB, file_row
from routing.chart import Bar, draw
from routing.moving import Moving
from routing.texts import say
from schedules.hours import Transition, last_change, transitions
from settings import DAYS, Hours

log = logging.getLogger(__name__)

_LATE = timedelta(days=2)
"""A digest this late is left out: its day is no news any more."""
_BACK = (timedelta(days=4), timedelta(days=21))
"""How far back the closing before is looked for: most are found soon, and Christmas holidays are shorter."""
_WEEK = timedelta(days=7)
_DAY = timedelta(days=1)
_OPEN = 1_000
"""Callbacks counted as open at the most."""


@dataclass(slots=True, frozen=True)
class Closing:
    """A day's last closing: when, and when the working day before it ended."""

    at: datetime
    before: datetime


@dataclass(slots=True, frozen=True)
class Figures:
    """What is told of a day or a week."""

    conversations: int
    unanswered: int
    median_wait: float | None
    """Seconds to the first answer, of those that got one."""
    left: int
    """Messages with contact details that were left."""
    to_call: int
    """Those, of any day, that still wait to be called back."""
    scores: tuple[int, ...]

    @property
    def is_quiet(self) -> bool:
        """Whether nothing happened that is worth a post; what waits to be called back is listed each morning."""
        return not (self.conversations or self.left or self.scores)


def last_closing(hours: Hours, zone: ZoneInfo, now: datetime) -> Closing | None:
    """The latest closing that ended its day; None where there was none lately, or the office never closes."""
    for back in _BACK:  # the calendar is dear to ask
        ends = _ends(hours, zone, now, back)
        if len(ends) > 1:
            break
    if not ends or now - ends[-1] > _LATE:
        return None
    return Closing(ends[-1], ends[-2] if ends[:-1] else ends[-1] - _DAY)


def _ends(hours: Hours, zone: ZoneInfo, now: datetime, back: timedelta) -> list[datetime]:
    """The moments at which working days ended, in order."""
    found = list(transitions(hours, zone, now - back, now + _DAY))
    ends: dict[date, datetime] = {}
    for position, change in enumerate(found):
        after = found[position + 1].at if position + 1 < len(found) else None
        day = (change.at - timedelta(seconds=1)).date()  # midnight ends the day before
        if not change.open and change.at <= now and (after is None or after.date() > day):
            ends[day] = change.at
    return sorted(ends.values())


def ends_week(hours: Hours, zone: ZoneInfo, closing: datetime, weekday: int) -> date | None:
    """The day on which the week ends that this closing is the last of; None where another one is still to come."""
    day = (closing - timedelta(seconds=1)).date()
    end = day + timedelta(days=(weekday - day.weekday()) % 7)
    midnight = datetime.combine(end + _DAY, time(), zone)
    later = (change for change in transitions(hours, zone, closing, midnight - timedelta(seconds=1)))
    return None if any(change.open for change in later) else end


def in_words(figures: Figures, title: str, language: str) -> str:
    """The figures, a line each; those of which there is nothing to say are left out."""
    lines = [title, _said("digest_conversations", language, count=figures.conversations)]
    if figures.conversations:
        lines[-1] += f" ({say(language, 'digest_unanswered', count=figures.unanswered)})"
    if figures.median_wait is not None:
        lines.append(_said("digest_median", language, time=_wait(figures.median_wait)))
    if figures.left:
        lines.append(_said("digest_left", language, count=figures.left))
    if figures.to_call:
        lines.append(_said("digest_to_call", language, count=figures.to_call))
    if figures.scores:
        mean = f"{sum(figures.scores) / len(figures.scores):.1f}".replace(".", say(language, "decimal_sign"))
        lines.append(_said("digest_rating", language, score=mean, count=len(figures.scores)))
    return "\n".join(lines)


def _said(key: str, language: str, **values: object) -> str:
    return f"• {say(language, key, **values)}"


def _wait(seconds: float) -> str:
    """``40 s``, ``2 min``, ``1 h 05 min``: as exact as anybody wants to know."""
    if seconds < 60:
        return f"{round(seconds)} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


class Digests(Moving):
    """The hub's word at the end of the day."""

    _looked_at: tuple[Transition, object] | None = None

    async def keep_hours(self) -> None:
        """See ``Shifts.keep_hours``; then the digest, where one is due."""
        await super().keep_hours()
        try:
            await self._tell_digest()
        except StorageError as error:
            log.warning("the digest could not be told: %s", error)

    async def _tell_digest(self) -> None:
        zone, now = ZoneInfo(self.settings.office.timezone), self.now()
        change, wanted = last_change(self.settings.hours, zone, now), self.settings.digest
        if change is None or self._looked_at == (change, wanted):
            return
        closing = last_closing(self.settings.hours, zone, now)
        if closing is None:
            self._looked_at = (change, wanted)
            return
        day = (closing.at - timedelta(seconds=1)).date()
        if wanted.daily:
            figures = await self._figures(closing.before, closing.at)
            if not figures.is_quiet:
                title = say(self.operators_language, "digest_day", day=f"{day:%d/%m/%Y}")
                text = in_words(figures, title, self.operators_language)
                await self.announce(f"digest/{day.isoformat()}", text)
        if wanted.weekly != "never":
            end = ends_week(self.settings.hours, zone, closing.at, DAYS.index(wanted.weekly))
            if end is not None:
                await self._tell_week(end, zone, closing.at)
        self._looked_at = (change, wanted)

    async def _figures(self, since: datetime, until: datetime) -> Figures:
        begin, end = _ms(since), _ms(until)
        chats = await self.store.beginnings(begin, end)
        waits = [(chat.answered - chat.began) / 1000 for chat in chats if chat.answered is not None]
        ratings = await self.store.said_between(What.RATING, begin, end)
        latest = {conversation_id: data.get("score") for conversation_id, data in ratings}
        return Figures(
            conversations=len(chats),
            unanswered=len(chats) - len(waits),
            median_wait=median(waits) if waits else None,
            left=len(await self.store.said_between(What.CALLBACK, begin, end)),
            to_call=len(await self.store.callbacks(open_only=True, limit=_OPEN)),
            scores=tuple(score for score in latest.values() if isinstance(score, int)),
        )

    async def _tell_week(self, end: date, zone: ZoneInfo, until: datetime) -> None:
        """Post the week that ends on ``end`` with its picture, once."""
        key = f"digest-week/{end.isoformat()}"
        if await self.store.entry_by_key(HUB, key) is not None:
            return
        begin = end - _WEEK + _DAY
        since = datetime.combine(begin, time(), zone)
        figures = await self._figures(since, until)
        if figures.is_quiet:
            return
        language = self.operators_language
        title = say(language, "digest_week", begin=f"{begin:%d/%m}", end=f"{end:%d/%m/%Y}")
        text = in_words(figures, title, language)
        bars = _bars(await self.store.beginnings(_ms(since), _ms(until)), begin, zone, language)
        picture = await asyncio.to_thread(
            draw,
            say(language, "digest_chart", begin=f"{begin:%d/%m}", end=f"{end:%d/%m}"),
            say(language, "digest_chart_answered"),
            say(language, "digest_chart_unanswered"),
            bars,
        )
        await self._office_conversation()
        file = await self.files.save(picture)
        name = say(language, "digest_file", end=end.isoformat())
        data = {"name": name, "type": "image/png", "size": len(picture), "key": file}
        draft = Draft(
            OFFICE_ID, What.FILE, HUB, key, Author.SYSTEM, text, data=data, deliver_to=self.destinations(None)
        )

        def work(tx: Transaction) -> bool:
            appended = tx.append(draft)
            if not appended.repeated:
                tx.session.add(file_row(draft, appended.record.seq))
            return appended.repeated

        try:
            repeated = await self.journal.run(work)
        except Exception:
            await self.files.remove([file])
            raise
        if repeated:
            await self.files.remove([file])


def _bars(chats: list[Beginning], begin: date, zone: ZoneInfo, language: str) -> list[Bar]:
    answered: Counter[date] = Counter()
    unanswered: Counter[date] = Counter()
    for chat in chats:
        day = datetime.fromtimestamp(chat.began / 1000, zone).date()
        (unanswered if chat.answered is None else answered)[day] += 1
    days = [begin + _DAY * number for number in range(7)]
    names = say(language, "digest_days").split()
    return [Bar(f"{names[day.weekday()]} {day.day}", answered[day], unanswered[day]) for day in days]


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
