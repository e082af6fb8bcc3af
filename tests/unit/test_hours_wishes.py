"""What offices have asked the makers of chats for, one test each, as an administrator writes it in config.yaml."""

from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from schedules.days import day
from schedules.hours import state
from schedules.words import spans_in_words, table
from settings import Settings, load
from settings.recurring import parse_rule
from tests.faulty import told

ROME = ZoneInfo("Europe/Rome")
WEEK = "".join(f"  {name}: 08:30-13:00, 15:00-18:00\n" for name in ("mon", "tue", "wed", "thu", "fri"))


def written(folder: Path, more: str = "", top: str = "") -> Settings:
    """A configuration with these lines under ``hours``, and these beside it."""
    path = folder / "config.yaml"
    path.write_text(f"office: {{name: URP}}\nhours:\n{WEEK}{more}{top}")
    return load(path)


def on(settings: Settings, text: str, department: str | None = None) -> tuple[str, str]:
    """A day's hours and what decided them."""
    decided = day(settings.hours_of(department), date.fromisoformat(text))
    return spans_in_words(decided.spans), decided.rule


def at(settings: Settings, text: str, department: str | None = None) -> tuple[bool, str | None]:
    """Open or not at a moment, and the reason."""
    found = state(settings.hours_of(department), ROME, datetime.fromisoformat(text).replace(tzinfo=ROME))
    return found.open, found.reason


def test_the_registry_has_hours_of_its_own_and_the_offices_holidays(tmp_path: Path) -> None:
    settings = written(
        tmp_path,
        "  holidays: {country: IT}\n  closed: [{on: 2026-12-24, reason: Ponte}]\n",
        "departments:\n  - {name: Anagrafe, hours: {thu: 09:00-12:00, sat: 09:00-12:00}}\n  - {name: Tributi}\n",
    )
    assert on(settings, "2026-11-21", "Anagrafe") == ("09:00-12:00", "weekly hours")
    assert on(settings, "2026-11-20", "Anagrafe") == ("", "weekly hours")
    assert on(settings, "2026-12-24", "Anagrafe") == ("", "closed: Ponte")
    assert on(settings, "2026-12-26", "Anagrafe") == ("", "holiday: Santo Stefano")
    assert on(settings, "2026-11-20", "Tributi") == on(settings, "2026-11-20")


def test_a_department_closes_on_a_day_on_which_the_office_opens_specially(tmp_path: Path) -> None:
    settings = written(
        tmp_path,
        "  open: [{on: 2026-12-05, hours: 09:00-12:00}]\n",
        "departments:\n  - {name: Anagrafe, hours: {closed: [{on: 2026-12-05}]}}\n"
        "  - {name: Tributi, hours: {sun: 09:00-10:00}}\n",
    )
    assert on(settings, "2026-12-05", "Anagrafe") == ("", "closed")
    assert on(settings, "2026-12-05", "Tributi") == ("09:00-12:00", "special opening")


def test_summer_hours_come_back_every_year(tmp_path: Path) -> None:
    settings = written(tmp_path, "  seasons: [{name: Estate, from: 07-01, to: 08-31, mon: 07:30-13:30}]\n")
    assert on(settings, "2026-06-29") == ("08:30-13:00, 15:00-18:00", "weekly hours")
    assert on(settings, "2026-07-06") == ("07:30-13:30", "season: Estate")
    assert on(settings, "2031-08-26") == ("", "season: Estate")
    assert on(settings, "2026-08-31") == ("07:30-13:30", "season: Estate")


def test_a_season_goes_over_new_year(tmp_path: Path) -> None:
    settings = written(tmp_path, "  seasons: [{from: 12-20, to: 01-10, mon: 10:00-12:00}]\n")
    for text in ("2026-12-21", "2027-01-04"):
        assert on(settings, text) == ("10:00-12:00", "season")
    assert on(settings, "2027-01-11")[1] == "weekly hours"


def test_the_patron_saint_is_the_monday_after_the_second_sunday_of_september(tmp_path: Path) -> None:
    settings = written(tmp_path, '  holidays: {extra: ["Monday after the second Sunday of September"]}\n')
    assert on(settings, "2026-09-14") == ("", "holiday of the town")
    assert on(settings, "2027-09-13") == ("", "holiday of the town")
    assert on(settings, "2027-09-20")[1] == "weekly hours"


def test_a_staff_meeting_closes_two_hours_and_says_why(tmp_path: Path) -> None:
    settings = written(tmp_path, "  closed: [{on: 2026-11-18, hours: 11:00-13:00, reason: Riunione}]\n")
    assert on(settings, "2026-11-18") == ("08:30-11:00, 15:00-18:00", "weekly hours")
    assert at(settings, "2026-11-18 10:59") == (True, None)
    assert at(settings, "2026-11-18 11:00") == (False, "Riunione")
    assert at(settings, "2026-11-18 14:00") == (False, None)


def test_the_day_before_a_holiday_is_short(tmp_path: Path) -> None:
    settings = written(
        tmp_path,
        "  holidays: {country: IT}\n  closed: [{every: prefestivo, hours: 12:00-24:00, reason: Prefestivo}]\n",
    )
    assert on(settings, "2026-12-07") == ("08:30-12:00", "weekly hours")
    assert at(settings, "2026-12-07 15:30") == (False, "Prefestivo")
    assert on(settings, "2026-12-09")[0] == "08:30-13:00, 15:00-18:00"


def test_the_first_and_third_saturday_are_open_holidays_aside(tmp_path: Path) -> None:
    settings = written(
        tmp_path,
        "  holidays: {country: IT}\n  open: [{every: first and third Saturday of the month, hours: 09:00-12:00}]\n",
    )
    open_on = [
        f"2027-05-{number:02}"
        for number in range(1, 32)
        if on(settings, f"2027-05-{number:02}")[0] == "09:00-12:00"
    ]
    assert open_on == ["2027-05-15"]  # the first is Labour Day
    assert on(settings, "2027-05-15")[1] == "regular opening: first and third Saturday of the month"


def test_every_last_thursday_is_closed(tmp_path: Path) -> None:
    settings = written(tmp_path, "  closed: [{every: ogni ultimo giovedì, reason: Formazione}]\n")
    assert on(settings, "2026-11-26") == ("", "closed: Formazione")
    assert on(settings, "2026-11-19")[1] == "weekly hours"


def test_lunch_is_taken_out_of_every_day_but_a_special_opening(tmp_path: Path) -> None:
    settings = written(tmp_path, "  lunch: 12:30-15:30\n  open: [{on: 2026-12-05, hours: 09:00-16:00}]\n")
    assert on(settings, "2026-11-18")[0] == "08:30-12:30, 15:30-18:00"
    assert on(settings, "2026-12-05")[0] == "09:00-16:00"


def test_a_special_opening_says_why_while_it_lasts(tmp_path: Path) -> None:
    settings = written(tmp_path, "  open: [{on: 2026-12-05, hours: 09:00-12:00, reason: Elezioni}]\n")
    assert at(settings, "2026-12-05 10:00") == (True, "Elezioni")


def test_a_closure_cuts_a_night_that_began_the_day_before(tmp_path: Path) -> None:
    settings = written(
        tmp_path, "  sat: 22:00-02:00\n  closed: [{on: 2026-11-22, hours: 00:30-01:00, reason: Cambio}]\n"
    )
    assert on(settings, "2026-11-21")[0] == "22:00-00:30, 01:00-02:00"
    assert at(settings, "2026-11-22 00:45") == (False, "Cambio")


def test_the_table_says_what_was_cut_from_a_day(tmp_path: Path) -> None:
    settings = written(tmp_path, "  closed: [{on: 2026-11-18, hours: 11:00-13:00, reason: Riunione}]\n")
    assert table(settings.hours, date(2026, 11, 18), 1, "it").endswith(
        "08:30-11:00, 15:00-18:00  orario settimanale; senza 11:00-13:00 (chiusura: Riunione)"
    )


@pytest.mark.parametrize(
    ("words", "days"),
    [
        ("Second Sunday of September", ["2026-09-13"]),
        ("1° e 3° sabato di settembre", ["2026-09-05", "2026-09-19"]),
        ("penultimo venerdì di settembre", ["2026-09-18"]),
        ("lunedì prima della seconda domenica di settembre", ["2026-09-07"]),
        ("martedì dopo l'8 settembre", ["2026-09-15"]),
        ("8 settembre", ["2026-09-08"]),
    ],
)
def test_days_in_words(words: str, days: list[str]) -> None:
    rule = parse_rule(words)
    month = [date(2026, 9, number) for number in range(1, 31)]
    assert [f"{one}" for one in month if rule.falls_on(one, lambda _: False)] == days


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "closed: [{every: frist monday}]",
            "hours.closed.1.every: found “frist monday”, expected days such as",
        ),
        ("closed: [{every: frist monday}]", "“frist” is no word known here; did you mean first?"),
        ("closed: [{every: first of the month}]", "expected a weekday in it"),
        ("closed: [{every: 31 september}]", "expected a day that exists"),
        ("closed: [{every: day after christmas after sunday}]", "expected one weekday before “after”"),
        ("closed: [{every: monday, on: 2027-01-01}]", "found both, expected either every"),
        (
            "holidays: {extra: [prefestivo]}",
            "hours.holidays.extra.1: found “prefestivo”, expected a day by itself",
        ),
        (
            "seasons: [{from: 06-01, to: 08-31}, {from: 08-31, to: 09-15}]",
            "hours.seasons.2: found days of another",
        ),
        ("seasons: [{from: 06-01}]", "hours.seasons.1.to: found nothing, expected the season's last day"),
        (
            "seasons: [{from: 06-01, to: 07-01, mon: 20:00-04:00, tue: 02:00-03:00}]",
            "hours.seasons.1.mon: found",
        ),
        ("calendars: [chiusure.pdf]", "hours.calendars.1: found “chiusure.pdf”, expected a calendar file"),
        ("lunch: 13", "hours.lunch: found 13, expected hours such as"),
    ],
)
def test_what_cannot_be_understood_is_told_in_words(tmp_path: Path, line: str, said: str) -> None:
    [fault] = told(tmp_path, f"office: {{name: URP}}\nhours:\n  {line}\n")
    assert fault.startswith("config.yaml:3: ")
    assert said in fault


def test_two_departments_cannot_have_one_channel(tmp_path: Path) -> None:
    text = (
        "office: {name: URP}\nhours: {}\ndepartments:\n"
        "  - {name: Anagrafe, slack: {channel: C01}}\n  - {name: Tributi, slack: {channel: C01}}\n"
    )
    place = "expected a place that no other department has; Anagrafe has this one"
    assert told(tmp_path, text) == [f"config.yaml:5: departments.2.slack.channel: found C01 again, {place}"]


def test_a_closure_over_midnight_cuts_the_next_mornings_hours(tmp_path: Path) -> None:
    settings = written(tmp_path, "  sat: 00:00-06:00\n  closed: [{on: 2026-11-20, hours: 22:00-02:00}]\n")
    assert on(settings, "2026-11-21")[0] == "02:00-06:00"


def test_a_holiday_is_called_so_though_a_closure_that_comes_back_falls_on_it(tmp_path: Path) -> None:
    settings = written(
        tmp_path, "  holidays: {country: IT}\n  closed: [{every: every Friday, reason: Formazione}]\n"
    )
    assert on(settings, "2026-12-25") == ("", "holiday: Natale")
    assert on(settings, "2026-12-18") == ("", "closed: Formazione")
