"""The ``hours`` of ``config.yaml``: the week, and everything that makes a day differ from it."""

from collections.abc import Iterator
from datetime import date
from functools import cached_property
from itertools import pairwise
from typing import Annotated, Any

from pydantic import BeforeValidator, ValidatorFunctionWrapHandler, model_validator

from settings.calendars import Calendar, parse_calendar
from settings.closures import DAYS, Closure, Opening, Season, Spans, Week
from settings.faults import Unfit
from settings.holidays import Holidays
from settings.part import Misfit, validate_all, written
from settings.values import DAY_MINUTES, Span, YearDay, parse_date, parse_spans, parse_year_day

OwnCalendar = Annotated[Calendar, BeforeValidator(parse_calendar), written(pattern=r"\.ics\s*$")]


class Hours(Week):
    """When the office, or a part of it, is there."""

    lunch: Spans = ()
    holidays: Holidays = Holidays()
    seasons: tuple[Season, ...] = ()
    closed: tuple[Closure, ...] = ()
    open: tuple[Opening, ...] = ()
    calendars: tuple[OwnCalendar, ...] = ()

    @cached_property
    def _hash(self) -> int:
        return hash(tuple(getattr(self, name) for name in type(self).model_fields))

    def __hash__(self) -> int:
        """Counted once: the schedules keep what they computed under it, and are asked at every request."""
        return self._hash

    def changed(self, **fields: Any) -> "Hours":
        """These hours with some fields replaced by values that need no validation."""
        own = {name: getattr(self, name) for name in type(self).model_fields}
        return Hours.model_construct(self.model_fields_set | set(fields), **own | fields)

    def within(self, office: "Hours") -> "Hours":
        """A department's hours, completed from the office's.

        Its week and seasons are its own as soon as it has a day or a season; so are lunch and holidays. Closures,
        openings and calendars of the office hold for it, too, after its own; a day that it closes stays closed.
        """
        given = self.model_fields_set
        week = self if given & {*DAYS, "seasons"} else office
        holidays = self.holidays if "holidays" in given else office.holidays
        closing = [one for one in self.closed if one.hours is None]
        openings = (
            opening
            for opening in office.open
            if opening.on is None or not any(one.falls_on(opening.on, holidays.is_any) for one in closing)
        )
        return Hours.model_construct(
            **{name: getattr(week, name) for name in (*DAYS, "seasons")},
            lunch=self.lunch if "lunch" in given else week.lunch,
            holidays=holidays,
            closed=self.closed + office.closed,
            open=(*self.open, *openings),
            calendars=self.calendars + office.calendars,
        )

    @model_validator(mode="wrap")
    @classmethod
    def _nothing_collides(cls, data: Any, handler: ValidatorFunctionWrapHandler) -> Any:
        return validate_all(data, handler, list(_collisions(data)) if isinstance(data, dict) else ())


def _collisions(data: dict[str, Any]) -> Iterator[Misfit]:
    """Nights that go on after the next day has begun, days with two openings, days in two seasons."""
    yield from _nights(data, ())
    seasons = [(index, one) for index, one in enumerate(_list(data, "seasons")) if isinstance(one, dict)]
    for index, season in seasons:
        yield from _nights(season, ("seasons", index))
    yield from _repeated_openings(_list(data, "open"))
    yield from _overlapping_seasons(seasons)


def _list(data: dict[str, Any], key: str) -> list[Any]:
    found = data.get(key)
    return found if isinstance(found, list) else []


def _nights(week: dict[str, Any], where: tuple[str | int, ...]) -> Iterator[Misfit]:
    for name, after in pairwise((*DAYS, DAYS[0])):
        spans, following = _spans(week, name), _spans(week, after)
        if spans and following and spans[-1].end - DAY_MINUTES > following[0].start:
            yield (*where, name), Unfit(f"a night that ends before {after} begins: these two overlap")


def _repeated_openings(openings: list[Any]) -> Iterator[Misfit]:
    seen: set[date] = set()
    for index, opening in enumerate(openings):
        try:
            on = parse_date(opening.get("on") if isinstance(opening, dict) else None)
        except Unfit:
            continue
        if on in seen:
            expected = "each day once: write its hours on one line, as 09:00-12:00, 14:00-16:00"
            yield ("open", index, "on"), Unfit(expected, found=f"{on} again")
        seen.add(on)


def _overlapping_seasons(seasons: list[tuple[int, dict[str, Any]]]) -> Iterator[Misfit]:
    """Seasons of which a later one begins or ends inside an earlier one."""
    known: list[tuple[YearDay, YearDay]] = []
    for index, season in seasons:
        try:
            first, last = parse_year_day(season.get("from")), parse_year_day(season.get("to"))
        except Unfit:
            continue
        if any(_holds(one, first) or _holds(one, last) or _holds((first, last), one[0]) for one in known):
            yield ("seasons", index), Unfit("seasons that do not overlap", found="days of another season")
        known.append((first, last))


def _holds(season: tuple[YearDay, YearDay], day: YearDay) -> bool:
    first, last = season
    return first <= day <= last if first <= last else day >= first or day <= last


def _spans(data: dict[str, Any], name: str) -> tuple[Span, ...]:
    """A day's spans; none where they cannot be read, which is a fault reported elsewhere."""
    try:
        return parse_spans(data[name])
    except (KeyError, Unfit):
        return ()
