"""The office's own closure calendars: iCalendar files (RFC 5545), of which every event is a closure.

Events are counted out for some years when the file is read, so that asking for a day is only looking it up.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events

from settings.faults import Unfit
from settings.values import DAY_MINUTES, Span

LARGEST = 1024 * 1024
"""Bytes: years of an office's appointments; anything larger is another calendar."""
MOST_EVENTS = 2_000
MOST_CLOSURES = 20_000
"""Days and parts of days in the years that are counted out."""
_TOO_OFTEN = {"SECONDLY", "MINUTELY", "HOURLY"}
_WITHIN_A_DAY = ("BYHOUR", "BYMINUTE", "BYSECOND")
_EXPECTED = "a calendar as other programs export it (iCalendar, .ics)"
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Absence:
    """A closed day, or a closed part of one, and what the calendar calls it."""

    on: date
    span: Span | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Calendar:
    """A calendar file and the closures read from it, by day."""

    file: str
    closures: tuple[Absence, ...] = ()

    def on(self, day: date) -> Iterator[Absence]:
        """The closures of a day."""
        place = bisect_left(self.closures, day, key=lambda absence: absence.on)
        while place < len(self.closures) and self.closures[place].on == day:
            yield self.closures[place]
            place += 1


def parse_calendar(value: object) -> Calendar:
    """A file's name; it is read later, so that one that is broken does not close the office."""
    if isinstance(value, Calendar):
        return value
    if not isinstance(value, str) or not value.strip().isprintable() or not value.strip().endswith(".ics"):
        raise Unfit("a calendar file, such as closures.ics (it counts from this file's folder)")
    return Calendar(value.strip())


def read_calendar(path: Path, zone: ZoneInfo, today: date) -> tuple[Absence, ...]:
    """The closures in a file, from the year before ``today``'s to the second one after it.

    Raises
    ------
    Unfit
        If it is not there or cannot be used.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise Unfit(f"a calendar of at most {LARGEST // 1024} KiB", found="a larger one")
        content = path.read_bytes()
    except OSError as error:
        words = (error.strerror or "an error").lower()
        raise Unfit(
            "a file that is there and may be read", found=f"that it cannot be read ({words})"
        ) from None
    return _closures(content, zone, today.year)


@lru_cache(maxsize=32)
def _closures(content: bytes, zone: ZoneInfo, year: int) -> tuple[Absence, ...]:
    try:
        calendars = icalendar.Calendar.from_ical(content, multiple=True)
        for calendar in calendars:
            _check(calendar)
        found = set[Absence]()
        for calendar in calendars:
            for month in range(12 * (year - 1), 12 * (year + 3)):
                found.update(_in_month(calendar, zone, month))
                if len(found) > MOST_CLOSURES:
                    raise Unfit(f"at most {MOST_CLOSURES} closures in four years", found="more")
    except Unfit:
        raise
    except Exception as error:  # the libraries raise whatever a broken file makes them stumble over
        raise Unfit(_EXPECTED, found=f"one that cannot be read ({_in_a_line(error)})") from None
    if not calendars:
        raise Unfit(_EXPECTED, found="no calendar in it")
    return tuple(sorted(found, key=lambda one: (one.on, one.span or Span(0, 0), one.reason or "")))


def _in_a_line(error: Exception) -> str:
    return " ".join(str(error).split())[:100] or type(error).__name__


def _check(calendar: icalendar.Component) -> None:
    """Refuse what is no calendar, or would take hours to count out."""
    if calendar.name != "VCALENDAR":
        raise Unfit(_EXPECTED, found=f"a {calendar.name}")
    events = calendar.walk("VEVENT")
    if len(events) > MOST_EVENTS:
        raise Unfit(f"at most {MOST_EVENTS} events", found=f"{len(events)} events")
    for event in events:
        rules = event.get("RRULE", [])
        for rule in rules if isinstance(rules, list) else [rules]:
            if _TOO_OFTEN & set(rule.get("FREQ", [])) or any(rule.get(key) for key in _WITHIN_A_DAY):
                found = f"“{event.get('SUMMARY', '')}”, which comes more than once a day"
                raise Unfit("events that come once a day at most", found=found)


def _in_month(calendar: Any, zone: ZoneInfo, month: int) -> Iterator[Absence]:
    first, following = date(month // 12, month % 12 + 1, 1), date((month + 1) // 12, (month + 1) % 12 + 1, 1)
    # A day more on each side: the library's days are not those of our zone.
    for event in recurring_ical_events.of(calendar).between(first - _DAY, following + _DAY):
        if str(event.get("STATUS", "")).upper() == "CANCELLED":
            continue
        reason = " ".join(str(event.get("SUMMARY", "")).split())[:200] or None
        for absence in _days(event.start, event.end, zone, reason):
            if first <= absence.on < following:
                yield absence


def _days(start: date, end: date, zone: ZoneInfo, reason: str | None) -> Iterator[Absence]:
    """An event's days by the office's clock; of those it fills, the whole."""
    if not isinstance(start, datetime) or not isinstance(end, datetime):
        for number in range(max((end - start).days, 1)):
            yield Absence(start + number * _DAY, None, reason)
        return
    begins, ends = _wall(start, zone), _wall(end, zone)
    on = begins.date()
    while datetime.combine(on, time()) < ends:
        midnight = datetime.combine(on, time())
        first = max(0, (begins - midnight) // timedelta(minutes=1))
        last = min(DAY_MINUTES, -(-(ends - midnight) // timedelta(minutes=1)))
        if first < last:
            yield Absence(on, Span(first, last), reason)
        on += _DAY


def _wall(moment: datetime, zone: ZoneInfo) -> datetime:
    """What the office's clock shows; a moment without a zone is by that clock already."""
    return (moment.astimezone(zone) if moment.tzinfo else moment).replace(tzinfo=None)
