"""What decides a day of the office's calendar, from the ``hours`` of ``config.yaml``: pure functions of a date.

The first that applies:

1. a special opening (``open`` with ``on``), which wins over everything else, the parts below included
2. a closure (``closed`` with ``on``, or ``from`` and ``to``)
3. a whole day of a closure calendar (``calendars``)
4. the town's own holidays (``holidays.extra``)
5. public holidays
6. a closure that comes back (``closed`` with ``every``)
7. an opening that comes back (``open`` with ``every``)
8. the season's week (``seasons``)
9. the weekly hours

From the hours so decided are taken the closures that have ``hours``, the parts of days in closure calendars, and
lunch.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache

from settings import Hours, Span

DAY_MINUTES = 24 * 60
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Cut:
    """A part of a day that was taken from its hours, and why."""

    span: Span
    rule: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Day:
    """One day's hours, the rule that decided them, what was cut from them, and what citizens may be told."""

    date: date
    spans: tuple[Span, ...]
    rule: str
    reason: str | None
    cuts: tuple[Cut, ...] = ()


@lru_cache(maxsize=4096)
def day(hours: Hours, on: date) -> Day:
    """What the configuration says of one day."""
    for opening in hours.open:
        if opening.on == on:
            return Day(on, opening.hours, "special opening", opening.reason)
    decided = _whole(hours, on)
    if not decided.spans:
        return decided
    spans, took = list(decided.spans), []
    for cut in _cuts_around(hours, on):
        left = [piece for span in spans for piece in _without(span, cut.span)]
        if left != spans:
            took.append(cut)
        spans = left
    return replace(decided, spans=tuple(spans), cuts=tuple(sorted(took, key=lambda cut: cut.span)))


def _whole(hours: Hours, on: date) -> Day:
    """The day before anything is cut from it, special openings left aside."""
    is_holiday = hours.holidays.is_any
    for closure in hours.closed:
        if closure.hours is None and closure.every is None and closure.falls_on(on, is_holiday):
            return Day(on, (), _named("closed", closure.reason), closure.reason)
    for absence in (one for calendar in hours.calendars for one in calendar.on(on)):
        if absence.span is None:
            return Day(on, (), _named("calendar", absence.reason), absence.reason)
    if hours.holidays.is_own(on):
        return Day(on, (), "holiday of the town", None)
    name = hours.holidays.public(on)
    if name is not None:
        return Day(on, (), f"holiday: {name}", name)
    for closure in hours.closed:
        if closure.hours is None and closure.every is not None and closure.falls_on(on, is_holiday):
            return Day(on, (), _named("closed", closure.reason or closure.every.text), closure.reason)
    for opening in hours.open:
        if opening.every is not None and opening.every.falls_on(on, is_holiday):
            rule = _named("regular opening", opening.reason or opening.every.text)
            return Day(on, opening.hours, rule, opening.reason)
    for season in hours.seasons:
        if season.falls_on(on):
            return Day(on, season.weekly(on.weekday()), _named("season", season.name), None)
    return Day(on, hours.weekly(on.weekday()), "weekly hours", None)


def _named(rule: str, name: str | None) -> str:
    return f"{rule}: {name}" if name else rule


def _cuts_around(hours: Hours, on: date) -> Iterator[Cut]:
    """What may be cut from a day: its own, what the day before left over midnight, and the next day's."""
    for days in (-1, 0, 1):
        for cut in _cuts(hours, on + days * _DAY):
            shift = days * DAY_MINUTES
            yield replace(cut, span=Span(cut.span.start + shift, cut.span.end + shift))


@lru_cache(maxsize=4096)
def _cuts(hours: Hours, on: date) -> tuple[Cut, ...]:
    found = [
        Cut(span, _named("closed", closure.reason), closure.reason)
        for closure in hours.closed
        if closure.hours is not None and closure.falls_on(on, hours.holidays.is_any)
        for span in closure.hours
    ]
    found += [
        Cut(absence.span, _named("calendar", absence.reason), absence.reason)
        for calendar in hours.calendars
        for absence in calendar.on(on)
        if absence.span is not None
    ]
    return (*found, *(Cut(span, "lunch", None) for span in hours.lunch))


def _without(span: Span, cut: Span) -> Iterator[Span]:
    """What of ``span`` lies outside ``cut``."""
    if span.start < min(span.end, cut.start):
        yield Span(span.start, min(span.end, cut.start))
    if max(span.start, cut.end) < span.end:
        yield Span(max(span.start, cut.end), span.end)
