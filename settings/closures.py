"""Closures and special openings of ``config.yaml``, and the seasons with a week of their own."""

from collections.abc import Callable
from datetime import date
from typing import Annotated

from pydantic import BeforeValidator, Field, model_validator

from settings.addresses import parse_text
from settings.faults import Unfit
from settings.part import Part, written
from settings.recurring import Rule, parse_rule
from settings.values import Span, YearDay, parse_date, parse_spans, parse_year_day

_CLOCK = "([01]?[0-9]|2[0-4]):[0-5][0-9]"
_SPAN = rf"\s*{_CLOCK}\s*[-–]\s*{_CLOCK}\s*"
Spans = Annotated[tuple[Span, ...], BeforeValidator(parse_spans), written(pattern=f"^{_SPAN}(,{_SPAN})*$")]
Day = Annotated[date, BeforeValidator(parse_date), written(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
EveryYearOn = Annotated[YearDay, BeforeValidator(parse_year_day), written(pattern="^[0-9]{2}-[0-9]{2}$")]
Recurring = Annotated[Rule, BeforeValidator(parse_rule), written()]
Reason = Annotated[str, BeforeValidator(parse_text), written(maxLength=200)]
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Closure(Part):
    """When the office is closed: from one day to another (both included), on one, or on days that come back.

    With ``hours``, only in those of each day.
    """

    from_: Day | None = Field(default=None, alias="from")
    to: Day | None = None
    on: Day | None = None
    every: Recurring | None = None
    hours: Spans | None = None
    reason: Reason | None = None

    @property
    def first(self) -> date | None:
        """The first day of it; None where it comes back for ever."""
        return self.on or self.from_

    @property
    def last(self) -> date | None:
        """The last day of it, itself closed; None where it comes back for ever."""
        return self.on or self.to

    def falls_on(self, on: date, is_holiday: Callable[[date], bool]) -> bool:
        """Whether it is about this day."""
        if self.every is not None:
            return self.every.falls_on(on, is_holiday)
        return self.first is not None and self.last is not None and self.first <= on <= self.last

    @model_validator(mode="after")
    def _names_its_days(self) -> "Closure":
        if self.every is not None:
            if self.on is not None or self.from_ is not None or self.to is not None:
                raise Unfit("either every (days that come back), or on, or from and to", found="both")
            return self
        if self.on is not None:
            if self.from_ is not None or self.to is not None:
                raise Unfit("either on (a single day) or from and to", found="both")
            return self
        if self.from_ is None or self.to is None:
            found = "neither" if self.from_ is None and self.to is None else "only one of from and to"
            raise Unfit(
                "from and to (both days are closed too), on for a single day, or every for days that come back",
                found=found,
            )
        if self.to < self.from_:
            raise Unfit(f"from before to: {self.to} is earlier than {self.from_}", found="them swapped")
        return self


class Opening(Part):
    """A day with hours of its own, which win over everything else; or days that come back with theirs."""

    on: Day | None = None
    every: Recurring | None = None
    hours: Spans
    reason: Reason | None = None

    @model_validator(mode="after")
    def _names_its_days(self) -> "Opening":
        if (self.on is None) == (self.every is None):
            found = "neither" if self.on is None else "both"
            raise Unfit("either on (a day, such as 2026-12-24) or every (days that come back)", found=found)
        return self


class Week(Part):
    """The hours of each weekday. A day left out is closed."""

    mon: Spans = ()
    tue: Spans = ()
    wed: Spans = ()
    thu: Spans = ()
    fri: Spans = ()
    sat: Spans = ()
    sun: Spans = ()

    def weekly(self, weekday: int) -> tuple[Span, ...]:
        """The hours of a weekday, 0 for Monday."""
        spans: tuple[Span, ...] = getattr(self, DAYS[weekday])
        return spans


class Season(Week):
    """A part of every year with a week of its own: from one day to another, both included, over New Year, too."""

    name: Reason | None = None
    from_: EveryYearOn = Field(alias="from")
    to: EveryYearOn

    def falls_on(self, on: date) -> bool:
        """Whether a day lies in it."""
        day = YearDay(on.month, on.day)
        if self.from_ <= self.to:
            return self.from_ <= day <= self.to
        return day >= self.from_ or day <= self.to
