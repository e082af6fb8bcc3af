"""What decides a day, once more and slowly: from the configuration's words, minute by minute, with nothing shared."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

import holidays

from settings.calendars import Absence, read_calendar

DAY = timedelta(days=1)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EVE = "day before a holiday"
ITALY = holidays.country_holidays("IT")


def weekdays(weekday: int, year: int, month: int) -> list[date]:
    """The Mondays (0), Tuesdays… of a month, in order."""
    every = [date(year, month, 1) + number * DAY for number in range(31)]
    return [on for on in every if on.month == month and on.weekday() == weekday]


def monday_after_second_sunday_of_september(on: date) -> bool:
    return on == weekdays(6, on.year, 9)[1] + DAY


WORDS = {
    "first and third Saturday of the month": lambda on: on in weekdays(5, on.year, on.month)[0:3:2],
    "ogni ultimo giovedì": lambda on: on == weekdays(3, on.year, on.month)[-1],
    "every Tuesday": lambda on: on.weekday() == 1,
    "Monday after the second Sunday of September": monday_after_second_sunday_of_september,
    "venerdì prima della prima domenica di aprile": lambda on: on == weekdays(6, on.year, 4)[0] - 2 * DAY,
    "25 ottobre": lambda on: (on.month, on.day) == (10, 25),
    "quinto lunedì del mese": lambda on: on in weekdays(0, on.year, on.month)[4:],
}


@dataclass(frozen=True)
class Event:
    """An event of a calendar: all day for some days, or some minutes of its first; each week for some weeks."""

    on: date
    days: int
    minutes: tuple[int, int] | None
    weeks: int
    cancelled: bool

    def closes(self, on: date) -> set[int]:
        """The minutes of a day that it closes."""
        closed: set[int] = set()
        for week in range(self.weeks):
            begins = self.on + week * 7 * DAY
            if self.cancelled:
                continue
            if self.minutes is None and begins <= on < begins + self.days * DAY:
                closed.update(range(1440))
            elif self.minutes is not None and on == begins:
                closed.update(range(min(self.minutes), max(self.minutes)))
        return closed

    def lines(self, number: int) -> list[str]:
        """As the file has it."""
        if self.minutes is None:
            when = [
                f"DTSTART;VALUE=DATE:{self.on:%Y%m%d}",
                f"DTEND;VALUE=DATE:{self.on + self.days * DAY:%Y%m%d}",
            ]
        else:
            midnight = datetime.combine(self.on, time())
            edges = [midnight + timedelta(minutes=minute) for minute in sorted(self.minutes)]
            when = [f"DTSTART:{edges[0]:%Y%m%dT%H%M%S}", f"DTEND:{edges[1]:%Y%m%dT%H%M%S}"]
        status = ["STATUS:CANCELLED"] if self.cancelled else []
        rule = [f"RRULE:FREQ=WEEKLY;COUNT={self.weeks}"]
        return ["BEGIN:VEVENT", f"UID:{number}", "SUMMARY:Ferie", *when, *rule, *status, "END:VEVENT"]


def closures_of(events: tuple[Event, ...]) -> tuple[Absence, ...]:
    """What the program reads from a file with these events."""
    inner = [line for number, event in enumerate(events) for line in event.lines(number)]
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//", *inner, "END:VCALENDAR"]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "events.ics"
        path.write_bytes("\r\n".join([*lines, ""]).encode())
        return read_calendar(path, ZoneInfo("Europe/Rome"), events[0].on)


@dataclass
class Plain:
    """A day's minutes (past 1440 on the next day), whether nothing may be cut from it, and what it cuts."""

    minutes: set[int]
    special: bool
    cuts: set[int]


def plain_day(whole: dict[str, Any], events: tuple[Event, ...], on: date) -> Plain:
    """A day, from the configuration as it is written."""
    cuts = minutes_of(whole.get("lunch"))
    for closure in whole["closed"]:
        if "hours" in closure and is_about(closure, on, whole):
            cuts |= minutes_of(closure["hours"])
    for event in events:
        if (
            event.minutes is not None
        ):  # a whole day decides its day; a night that began before it goes on into it
            cuts |= event.closes(on)
    for opening in whole["open"]:
        if opening.get("on") == on:
            return Plain(minutes_of(opening["hours"]), True, cuts)
    return Plain(minutes_of(without_cuts(whole, events, on)), False, cuts)


def without_cuts(whole: dict[str, Any], events: tuple[Event, ...], on: date) -> str | None:
    """The day's hours as they are written somewhere; None is closed."""
    whole_days = [closure for closure in whole["closed"] if "hours" not in closure]
    if any("every" not in closure and is_about(closure, on, whole) for closure in whole_days):
        return None
    if any(event.minutes is None and event.closes(on) for event in events):
        return None
    if is_holiday(whole, on) or any("every" in one and is_about(one, on, whole) for one in whole_days):
        return None
    for opening in whole["open"]:
        if "every" in opening and is_about(opening, on, whole):
            return str(opening["hours"])
    for season in whole.get("seasons", []):
        day, first, last = f"{on:%m-%d}", season["from"], season["to"]
        if (first <= day <= last) if first <= last else (day >= first or day <= last):
            return season.get(DAYS[on.weekday()])
    return whole.get(DAYS[on.weekday()])


def is_about(rule: dict[str, Any], on: date, whole: dict[str, Any]) -> bool:
    """Whether a closure or an opening is about a day."""
    if "every" in rule:
        return is_holiday(whole, on + DAY) if rule["every"] == EVE else WORDS[rule["every"]](on)
    return bool(rule.get("on", rule.get("from")) <= on <= rule.get("on", rule.get("to")))


def is_holiday(whole: dict[str, Any], on: date) -> bool:
    """Whether a day is the town's or the country's holiday."""
    if "holidays" not in whole:
        return False
    own = whole["holidays"]["extra"]
    return on in ITALY or f"{on:%m-%d}" in own or any(WORDS[words](on) for words in own if words in WORDS)


def minutes_of(text: str | None) -> set[int]:
    """The minutes of hours as they are written."""
    found: set[int] = set()
    for span in (text or "").split(","):
        if span.strip():
            start, end = (int(edge[:-3]) * 60 + int(edge[-2:]) for edge in span.strip().split("-"))
            found.update(range(start, end if end > start else end + 1440))
    return found
