"""The office's hours against a slow, obvious model: minute by minute, by a clock never turned back."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import example, given, settings
from hypothesis import strategies as st

from schedules.hours import state, transitions
from settings import DAYS, Hours
from settings.calendars import Calendar
from tests.unit.plain_days import EVE, WORDS, Event, Plain, closures_of, plain_day

MINUTE = timedelta(minutes=1)
DAY_MINUTES = 1440
CHANGES = [date(2026, 3, 29), date(2026, 10, 25)]
"""Rome's nights of 2026 in which the clock changes; London's and Berlin's, too."""
ZONES = [
    "Europe/Rome",
    "Europe/London",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Africa/Cairo",
]


@cache
def clock(zone: str, first: date, days: int) -> list[tuple[datetime, int]]:
    """Each minute from ``first`` on in UTC, and the minutes since year 1 that the clock on the wall shows.

    Where the clock goes back, it is taken to stand still until it is past where it was.
    """
    begin = datetime.combine(first, datetime.min.time(), UTC)
    found, highest = [], 0
    for minute in range(days * DAY_MINUTES):
        moment = begin + minute * MINUTE
        local = moment.astimezone(ZoneInfo(zone))
        highest = max(highest, local.toordinal() * DAY_MINUTES + local.hour * 60 + local.minute)
        found.append((moment, highest))
    return found


@dataclass(frozen=True)
class Configured:
    """Hours of which the model reads the words, and the program the settings."""

    whole: dict[str, Any]
    events: tuple[Event, ...] = ()

    @property
    def hours(self) -> Hours:
        """The settings, with the events as a calendar file would give them."""
        hours = Hours.model_validate(self.whole)
        if not self.events:
            return hours
        return hours.changed(calendars=(Calendar("events.ics", closures_of(self.events)),))


def model(of: Configured, zone: str, first: date, days: int) -> list[bool]:
    """Open or not in each minute."""
    known: dict[int, Plain] = {}

    def plain(ordinal: int) -> Plain:
        if ordinal not in known:
            known[ordinal] = plain_day(of.whole, of.events, date.fromordinal(ordinal))
        return known[ordinal]

    found = []
    for _, wall in clock(zone, first, days):
        ordinal, minute = divmod(wall, DAY_MINUTES)
        today, yesterday = plain(ordinal), plain(ordinal - 1)
        cut = minute in today.cuts or minute + DAY_MINUTES in yesterday.cuts
        by_day = minute in today.minutes and (today.special or not cut)
        by_night = minute + DAY_MINUTES in yesterday.minutes and (yesterday.special or not cut)
        found.append(by_day or by_night)
    return found


def flips(of: Configured, zone: str, first: date, days: int) -> list[tuple[datetime, bool]]:
    """The model's openings and closings, the first minute left out."""
    minutes, found = clock(zone, first, days), model(of, zone, first, days)
    return [
        (moment, after)
        for (moment, _), before, after in zip(minutes[1:], found[:-1], found[1:], strict=True)
        if before != after
    ]


def ours(hours: Hours, zone: str, first: date, days: int) -> list[tuple[datetime, bool]]:
    """What ``transitions`` says of the same minutes."""
    minutes = clock(zone, first, days)
    found = transitions(hours, ZoneInfo(zone), minutes[0][0], minutes[-1][0])
    return [(one.at.astimezone(UTC), one.open) for one in found]


def time_of(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


@st.composite
def spans(draw: st.DrawFn, last: int = DAY_MINUTES) -> str:
    """Hours of a day; often with edges in the small hours, in which clocks change."""
    edge = st.one_of(st.integers(0, 24).map(lambda quarter: min(quarter * 15, last)), st.integers(0, last))
    times = sorted(draw(st.lists(edge, min_size=2, max_size=6, unique=True)))
    pairs = zip(times[::2], times[1::2], strict=False)
    return ", ".join(f"{time_of(a)}-{time_of(b)}" for a, b in pairs)


@st.composite
def offices(draw: st.DrawFn, first: date, days: int) -> Configured:
    """Any configuration of hours, with closures and openings inside the days that are looked at."""
    dates = st.integers(0, days - 1).map(lambda number: first + timedelta(days=number))
    whole: dict[str, Any] = draw(whole_weeks())
    if draw(st.booleans()):
        whole["holidays"] = {
            "country": "IT",
            "extra": ["09-08", "02-29", draw(st.sampled_from(sorted(WORDS)))],
        }
    if draw(st.booleans()):
        whole["lunch"] = draw(spans())
    if draw(st.booleans()):
        season = {"from": f"{draw(dates):%m-%d}", "to": f"{draw(dates):%m-%d}"}
        whole["seasons"] = [draw(whole_weeks()) | season]
    rules = st.sampled_from([*sorted(WORDS), EVE])
    whole["closed"] = [
        {"from": one, "to": other} for one, other in (sorted(draw(st.tuples(dates, dates))) for _ in range(2))
    ][: draw(st.integers(0, 2))]
    for _ in range(draw(st.integers(0, 3))):
        when = {"every": draw(rules)} if draw(st.booleans()) else {"on": draw(dates)}
        hours = {"hours": draw(spans())} if draw(st.integers(0, 3)) else {}
        whole["closed"].append(when | hours)
    openings = draw(st.lists(dates, max_size=3, unique=True))
    whole["open"] = [{"on": on, "hours": draw(spans())} for on in openings]
    if draw(st.booleans()):
        whole["open"].append({"every": draw(rules), "hours": draw(spans())})
    events = st.builds(
        Event,
        dates,
        st.integers(1, 3),
        st.none() | st.tuples(minutes_, minutes_),
        st.integers(1, 3),
        st.booleans(),
    )
    return Configured(whole, tuple(draw(st.lists(events, max_size=2))))


minutes_ = st.integers(0, DAY_MINUTES)


@st.composite
def whole_weeks(draw: st.DrawFn) -> dict[str, Any]:
    """A week's days, nights among them."""
    whole: dict[str, Any] = {}
    for name in DAYS:
        choice = draw(st.integers(0, 5))
        if choice < 3:
            whole[name] = draw(spans())
        elif choice == 3:
            whole[name] = "00:00-24:00"
    if draw(st.booleans()):
        night = draw(st.integers(13, 23)), draw(st.integers(0, 59)), draw(st.integers(0, 60))
        whole["sat"] = f"{night[0]}:{night[1]:02}-{time_of(night[2])}"
        whole["sun"] = f"01:00-{time_of(draw(st.integers(61, 300)))}"
    return whole


@st.composite
def weeks(draw: st.DrawFn) -> tuple[Configured, str, date]:
    """An office, a zone, and the first of eight days: around a change of the clock, or any."""
    around = st.sampled_from(CHANGES).map(lambda change: change - timedelta(days=3))
    anywhere = st.dates(date(2026, 1, 1), date(2028, 12, 31))
    first = draw(st.one_of(around, around, anywhere))
    return draw(offices(first, 8)), draw(st.sampled_from(ZONES)), first


NIGHT_INTO_A_CLOSED_DAY = Configured(
    {"sat": "22:00-00:01", "closed": [], "open": []}, (Event(date(2026, 1, 4), 1, None, 1, False),)
)


NIGHT_WITH_A_GAP_FILLED_BY_THE_NEXT_DAY = Configured(
    {
        "sat": "13:00-00:16",
        "lunch": "00:00-00:15",
        "closed": [],
        "open": [{"on": date(2026, 3, 1), "hours": "00:00-00:15"}],
    }
)


@settings(max_examples=150, deadline=None)
@given(weeks())
@example((NIGHT_WITH_A_GAP_FILLED_BY_THE_NEXT_DAY, "Europe/Rome", date(2026, 2, 25)))
@example((NIGHT_INTO_A_CLOSED_DAY, "Europe/Rome", date(2026, 1, 2)))
def test_a_week_opens_and_closes_as_the_model_says(week: tuple[Configured, str, date]) -> None:
    of, zone, first = week
    assert ours(of.hours, zone, first, 8) == flips(of, zone, first, 8)


@settings(max_examples=150, deadline=None)
@given(weeks(), st.lists(st.integers(0, 5 * DAY_MINUTES - 1), min_size=1, max_size=20))
def test_every_moment_is_as_the_model_says(week: tuple[Configured, str, date], minutes: list[int]) -> None:
    of, zone, first = week
    hours = of.hours
    found, moments = model(of, zone, first, 8), clock(zone, first, 8)
    for minute in minutes:
        moment = moments[minute][0]
        said = state(hours, ZoneInfo(zone), moment)
        assert said.open is found[minute]
        change = next(
            (
                at
                for at, is_open in zip(moments[minute:], found[minute:], strict=True)
                if is_open != said.open
            ),
            None,
        )
        told = said.until if said.open else said.reopens
        assert change is None or (told is not None and told.astimezone(UTC) == change[0])
        assert change is not None or told is None or told.astimezone(UTC) > moments[-1][0]


@settings(max_examples=8, deadline=None)
@given(st.data())
def test_a_whole_year_in_rome_opens_and_closes_as_the_model_says(data: st.DataObject) -> None:
    first = date(2026, 1, 1)
    of = data.draw(offices(first, 365))
    assert ours(of.hours, "Europe/Rome", first, 365) == flips(of, "Europe/Rome", first, 365)


@settings(max_examples=60, deadline=None)
@given(weeks())
def test_openings_and_closings_take_turns(week: tuple[Configured, str, date]) -> None:
    of, zone, first = week
    found = ours(of.hours, zone, first, 8)
    assert all(before[1] != after[1] and before[0] < after[0] for before, after in pairwise(found))
