"""What should be looked at in a configuration that works: files that cannot be read, days that are past."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from settings.calendars import Calendar, read_calendar
from settings.document import Location
from settings.faults import Unfit
from settings.hours import Hours
from settings.look import Logo, read_logo
from settings.model import Settings


@dataclass(frozen=True, slots=True)
class Note:
    """Something to look at, and where it stands; ``warning``: it may well be meant."""

    location: Location
    unfit: Unfit
    warning: bool


def with_calendars(
    settings: Settings, folder: Path, today: date, before: Settings | None
) -> tuple[Settings, list[Note]]:
    """The settings with their calendars read, and what is wrong with those that cannot be."""
    zone = ZoneInfo(settings.office.timezone)
    known = {calendar.file: calendar for one in _all_hours(before) for calendar in one.calendars}
    notes: list[Note] = []

    def filled(hours: Hours, where: Location) -> Hours:
        found = []
        for index, calendar in enumerate(hours.calendars):
            try:
                found.append(Calendar(calendar.file, read_calendar(folder / calendar.file, zone, today)))
            except Unfit as unfit:
                before = known.get(calendar.file)
                meanwhile = "what it said before holds" if before else "it closes nothing"
                words = Unfit(f"{unfit.expected}; until then {meanwhile}", found=unfit.found)
                notes.append(Note((*where, "calendars", index), words, warning=False))
                found.append(before or calendar)
        return hours.changed(calendars=tuple(found)) if found else hours

    departments = tuple(
        one.model_copy(update={"hours": filled(one.hours, ("departments", index, "hours"))})
        if one.hours
        else one
        for index, one in enumerate(settings.departments)
    )
    changes = {"hours": filled(settings.hours, ("hours",)), "departments": departments}
    return settings.model_copy(update=changes), notes


def _all_hours(settings: Settings | None) -> list[Hours]:
    if settings is None:
        return []
    return [settings.hours, *(one.hours for one in settings.departments if one.hours is not None)]


def with_logo(settings: Settings, folder: Path, before: Settings | None) -> tuple[Settings, list[Note]]:
    """The settings with the town's logo read, and what is wrong with it; until it is right, the one before is seen."""
    logo = settings.widget.logo
    if logo is None:
        return settings, []
    notes = []
    try:
        found = Logo(logo.file, logo.kind, read_logo(folder / logo.file))
    except Unfit as unfit:
        known = before.widget.logo if before else None
        found = known if known and known.file == logo.file else logo
        meanwhile = "the one before is seen" if found.content else "none is seen"
        words = Unfit(f"{unfit.expected}; until then {meanwhile}", found=unfit.found)
        notes.append(Note(("widget", "logo"), words, warning=False))
    return settings.model_copy(update={"widget": settings.widget.model_copy(update={"logo": found})}), notes


def past_days(settings: Settings, today: date) -> Iterator[Note]:
    """Closures and openings that are over: the file may be cleared of them, or the year is a slip."""
    yield from _past_days(settings.hours, ("hours",), today)
    for index, department in enumerate(settings.departments):
        if department.hours is not None:
            yield from _past_days(department.hours, ("departments", index, "hours"), today)


def _past_days(hours: Hours, where: Location, today: date) -> Iterator[Note]:
    for index, closure in enumerate(hours.closed):
        if closure.last is not None and closure.last < today:
            key = "on" if closure.on else "to"
            yield Note((*where, "closed", index, key), _past(closure.last), warning=True)
    for index, opening in enumerate(hours.open):
        if opening.on is not None and opening.on < today:
            yield Note((*where, "open", index, "on"), _past(opening.on), warning=True)


def _past(day: date) -> Unfit:
    return Unfit("a day to come, or no such line any more", found=f"{day}, which is past")
