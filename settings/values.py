"""The small languages inside ``config.yaml``: durations, rates, opening spans, days.

Each ``parse_…`` takes what the file has and raises ``Unfit`` (a ``ValueError``) for anything it cannot use.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from settings.faults import Unfit

DAY_MINUTES = 24 * 60
LONGEST_NIGHT = 12 * 60
"""Minutes: a span past midnight that is longer is taken for one whose two times were swapped."""
LONGEST_DURATION = timedelta(days=36_500)
"""A century: long enough for any archive, short enough for every calendar."""

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_PER = {"s": 1, "min": 60, "h": 3600}
_SPAN = re.compile(r"([0-9]{1,2}):([0-9]{2})\s*[-–]\s*([0-9]{1,2}):([0-9]{2})")


def parse_duration(value: object) -> timedelta:
    """``3m``, ``180d``, ``1h30m``: days, hours, minutes and seconds, more than none."""
    if isinstance(value, timedelta):
        return value
    expected = "a number with its unit (s, m, h or d), such as 3m, 1h30m or 180d"
    if not isinstance(value, str) or not re.fullmatch(r"([0-9]{1,9}[smhd])+", value.strip()):
        raise Unfit(expected)
    seconds = sum(int(number) * _UNITS[unit] for number, unit in re.findall(r"([0-9]+)([smhd])", value))
    if seconds == 0:
        raise Unfit("a duration longer than nothing, such as 3m")
    if seconds > LONGEST_DURATION.total_seconds():
        raise Unfit("a duration shorter than a century")
    return timedelta(seconds=seconds)


@dataclass(frozen=True, slots=True)
class Rate:
    """``count`` times in ``seconds``."""

    count: int
    seconds: int


def parse_rate(value: object) -> Rate | None:
    """``60/min``, ``20/s``, ``1000/h``; None for ``unlimited``."""
    if isinstance(value, Rate):
        return value
    if value == "unlimited":
        return None
    match = re.fullmatch(r"([0-9]{1,7})\s*/\s*(s|min|h)", value.strip()) if isinstance(value, str) else None
    if match is None:
        raise Unfit("a rate such as 60/min, 20/s or 1000/h, or the word unlimited")
    if int(match[1]) == 0:
        raise Unfit("at least one: a rate of nothing would let nobody write")
    return Rate(int(match[1]), _PER[match[2]])


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """From opening to closing, in minutes after midnight; past 1440 it ends on the next day."""

    start: int
    end: int


def parse_spans(value: object) -> tuple[Span, ...]:
    """``08:30-13:00, 15:00-18:00``; ``22:00-02:00`` ends on the next day; ``00:00-24:00`` is all day.

    The spans come back in order, and do not overlap.
    """
    if isinstance(value, tuple) and all(isinstance(span, Span) for span in value):
        return value
    expected = "hours such as 08:30-13:00, 15:00-18:00"
    if value is None or value == "" or (isinstance(value, str) and value.casefold() in ("closed", "chiuso")):
        raise Unfit(f"{expected}; to be closed that day, leave its line out")
    if isinstance(value, list):
        raise Unfit(f"{expected}, on one line and without brackets")
    if not isinstance(value, str):
        raise Unfit(expected)
    spans = sorted(_span(part.strip(), expected) for part in value.split(","))
    for earlier, later in pairwise(spans):
        if later.start < earlier.end:
            raise Unfit("each span to begin after the one before it ends: these overlap")
    return tuple(spans)


def _span(text: str, expected: str) -> Span:
    match = _SPAN.fullmatch(text)
    if match is None:
        dotted = " (with colons: 08:30, not 08.30)" if re.search(r"[0-9]\.[0-9]", text) else ""
        raise Unfit(f"{expected}{dotted}")
    start, end = _minutes(match[1], match[2]), _minutes(match[3], match[4])
    if start in (end, DAY_MINUTES):
        raise Unfit(f"a span that lasts: {text} is no time at all (all day is 00:00-24:00)")
    if end > start:
        return Span(start, end)
    length = end + DAY_MINUTES - start
    if length > LONGEST_NIGHT:
        hours = f"{length // 60} h" + (f" {length % 60} min" if length % 60 else "")
        raise Unfit(
            f"the earlier time first: {text} would go on past midnight for {hours} "
            "(a night longer than 12 h is written as two days, up to 24:00 and from 00:00)"
        )
    return Span(start, end + DAY_MINUTES)


def _minutes(hours: str, minutes: str) -> int:
    total = int(hours) * 60 + int(minutes)
    if int(minutes) > 59 or total > DAY_MINUTES:
        raise Unfit(f"times from 00:00 to 24:00: {hours}:{minutes} is none")
    return total


def parse_date(value: object) -> date:
    """``2026-12-24``."""
    if isinstance(value, date):
        return value
    expected = "a date as YYYY-MM-DD, such as 2026-12-24"
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value.strip()):
        raise Unfit(expected)
    try:
        return date.fromisoformat(value.strip())
    except ValueError:
        raise Unfit(f"a day that exists: {expected}") from None


@dataclass(frozen=True, slots=True, order=True)
class YearDay:
    """A day that comes every year; 29 February only in leap years."""

    month: int
    day: int


def parse_year_day(value: object) -> YearDay:
    """``09-08``: the eighth of September."""
    if isinstance(value, YearDay):
        return value
    expected = "a day of the year as MM-DD, such as 09-08 for 8 September"
    match = re.fullmatch(r"([0-9]{2})-([0-9]{2})", value.strip()) if isinstance(value, str) else None
    if match is None:
        if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value.strip()):
            raise Unfit(f"{expected}: without the year, it comes back each year")
        raise Unfit(expected)
    try:
        date(2024, int(match[1]), int(match[2]))  # a leap year, so that 02-29 is a day
    except ValueError:
        raise Unfit(f"a day that exists: {expected}, the month first") from None
    return YearDay(int(match[1]), int(match[2]))
