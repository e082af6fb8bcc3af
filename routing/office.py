"""Whether the office is there: its hours, unless an operator said otherwise for a while."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from models.tables import Switch
from schedules.hours import OfficeState, last_change, state
from settings import Settings

SHORT_ABSENCE = timedelta(minutes=30)
"""Operators who are back within it only went for a coffee: citizens wait rather than leave contact details."""


def office_state(
    settings: Settings, switch: Switch | None, moment: datetime, department: str | None = None
) -> OfficeState:
    """Open or not at ``moment``: the hours of ``config.yaml``, and an operator's "offline" while it lasts."""
    zone = ZoneInfo(settings.office.timezone)
    hours = settings.hours_of(department)
    by_hours = state(hours, zone, moment)
    if switch is None or not in_force(switch, moment):
        return by_hours
    until = end_of(switch)
    reopens = None
    if until is not None:
        after = state(hours, zone, until)
        reopens = until.astimezone(zone) if after.open else after.reopens
    return replace(by_hours, open=False, until=None, reopens=reopens, reason=None, rule=f"set by {switch.by}")


def end_of(switch: Switch) -> datetime | None:
    """When an operator's word ends by itself; None: it waits to be taken back."""
    return datetime.fromtimestamp(switch.until / 1000, UTC) if switch.until else None


def in_force(switch: Switch, moment: datetime) -> bool:
    """Whether an operator's word still counts."""
    until = end_of(switch)
    return until is None or moment < until


def closed_since(
    settings: Settings, switch: Switch | None, moment: datetime, department: str | None
) -> datetime | None:
    """When the office closed that is closed at ``moment``; None where that is not known, or is a short absence."""
    zone = ZoneInfo(settings.office.timezone)
    change = last_change(settings.hours_of(department), zone, moment)
    by_hours = change.at if change is not None and not change.open else None
    if switch is None or not in_force(switch, moment):
        return by_hours
    set_at = datetime.fromtimestamp(switch.set_at / 1000, UTC).astimezone(zone)
    if by_hours is not None:
        return min(by_hours, set_at)
    until = end_of(switch)
    return None if until is not None and until - set_at <= SHORT_ABSENCE else set_at


def next_opening(settings: Settings, moment: datetime) -> datetime | None:
    """The next moment at which the hours go from closed to open; None for an office that never does."""
    zone = ZoneInfo(settings.office.timezone)
    current = state(settings.hours, zone, moment)
    if not current.open or current.until is None:
        return current.reopens
    after = state(settings.hours, zone, current.until)
    return current.until if after.open else after.reopens
