"""Hours that cannot be: their line and key, what was found, what was expected."""

from pathlib import Path

import pytest

from tests.faulty import told

HOURS = "hours such as 08:30-13:00, 15:00-18:00"
CLOSED = f"{HOURS}; to be closed that day, leave its line out"
DATE = "a date as YYYY-MM-DD, such as 2026-12-24"
ON_OR_EVERY = "either on (a day, such as 2026-12-24) or every (days that come back)"
YEAR_DAY = "a day of the year as MM-DD, such as 09-08 for 8 September"


@pytest.mark.parametrize(
    ("line", "key", "found", "expected"),
    [
        ("mon: 8-13", "mon", "“8-13”", HOURS),
        ("mon: 8.30-13.00", "mon", "“8.30-13.00”", f"{HOURS} (with colons: 08:30, not 08.30)"),
        ("mon: 08:30", "mon", "“08:30”", HOURS),
        ("mon: closed", "mon", "“closed”", CLOSED),
        ("mon:", "mon", "nothing", CLOSED),
        ("mon: [08:30-13:00]", "mon", "a list", f"{HOURS}, on one line and without brackets"),
        ("mon: 08:30-25:00", "mon", "“08:30-25:00”", "times from 00:00 to 24:00: 25:00 is none"),
        ("mon: 08:75-12:00", "mon", "“08:75-12:00”", "times from 00:00 to 24:00: 08:75 is none"),
        (
            "mon: 08:30-08:30",
            "mon",
            "“08:30-08:30”",
            "a span that lasts: 08:30-08:30 is no time at all (all day is 00:00-24:00)",
        ),
        (
            "mon: 13:00-08:30",
            "mon",
            "“13:00-08:30”",
            "the earlier time first: 13:00-08:30 would go on past midnight for 19 h 30 min "
            "(a night longer than 12 h is written as two days, up to 24:00 and from 00:00)",
        ),
        (
            "mon: 08:30-13:00, 12:00-14:00",
            "mon",
            "“08:30-13:00, 12:00-14:00”",
            "each span to begin after the one before it ends: these overlap",
        ),
        (
            "holidays: {country: it}",
            "holidays.country",
            "“it”",
            "a country's two capital letters, such as IT (did you mean IT?)",
        ),
        (
            "holidays: {country: Italia}",
            "holidays.country",
            "“Italia”",
            "a country's two capital letters, such as IT",
        ),
        (
            "holidays: {subdivision: FI}",
            "holidays.subdivision",
            "“FI”",
            "the country as well: without it, its part says nothing",
        ),
        (
            "holidays: {country: IT, subdivision: Toscana}",
            "holidays.subdivision",
            "“Toscana”",
            "a part of IT, such as AG",
        ),
        (
            "holidays: {country: DE, subdivision: xx}",
            "holidays.subdivision",
            "“xx”",
            "one of BB, BE, BW, BY, HB, HE, HH, MV, NI, NW, RP, SH, SL, SN, ST, TH, Augsburg",
        ),
        (
            "holidays: {country: JP, subdivision: X}",
            "holidays.subdivision",
            "“X”",
            "no such line: the holidays of JP are the same everywhere",
        ),
        (
            "holidays: {extra: [09-31]}",
            "holidays.extra.1",
            "“09-31”",
            f"a day that exists: {YEAR_DAY}, the month first",
        ),
        ("holidays: {extra: [01-01, 9-8]}", "holidays.extra.2", "“9-8”", YEAR_DAY),
        (
            "holidays: {extra: [2026-09-08]}",
            "holidays.extra.1",
            "“2026-09-08”",
            f"{YEAR_DAY}: without the year, it comes back each year",
        ),
        ("closed: [{on: 24/12/2026}]", "closed.1.on", "“24/12/2026”", DATE),
        ("closed: [{on: 20261224}]", "closed.1.on", "20261224", DATE),
        ("closed: [{on: 2026-02-30}]", "closed.1.on", "“2026-02-30”", f"a day that exists: {DATE}"),
        (
            "closed: [{from: 2026-12-26, to: 2026-12-24}]",
            "closed.1",
            "them swapped",
            "from before to: 2026-12-24 is earlier than 2026-12-26",
        ),
        (
            "closed: [{from: 2026-12-26}]",
            "closed.1",
            "only one of from and to",
            "from and to (both days are closed too), on for a single day, or every for days that come back",
        ),
        (
            "closed: [{reason: Ferie}]",
            "closed.1",
            "neither",
            "from and to (both days are closed too), on for a single day, or every for days that come back",
        ),
        (
            "closed: [{on: 2026-12-24, from: 2026-12-24, to: 2026-12-26}]",
            "closed.1",
            "both",
            "either on (a single day) or from and to",
        ),
        ("open: [{on: 2026-12-05}]", "open.1.hours", "nothing", "hours such as 09:00-12:00"),
        ("open: [{hours: 09:00-12:00}]", "open.1", "neither", ON_OR_EVERY),
        (
            "open: [{on: 2026-12-05, hours: 09:00-12:00}, {on: 2026-12-05, hours: 14:00-15:00}]",
            "open.2.on",
            "2026-12-05 again",
            "each day once: write its hours on one line, as 09:00-12:00, 14:00-16:00",
        ),
        (
            "open: [{on: 2026-12-05, hours: 09:00-12:00, 14:00-16:00}]",
            "open.1.14:00-16:00",
            "an unknown key",
            'quotes around hours with a comma between { and }: {…, hours: "09:00-12:00, 14:00-16:00"}',
        ),
    ],
)
def test_hours_that_cannot_be(tmp_path: Path, line: str, key: str, found: str, expected: str) -> None:
    said = told(tmp_path, f"office: {{name: URP}}\nhours:\n  {line}\n")
    assert said == [f"config.yaml:3: hours.{key}: found {found}, expected {expected}"]


def test_a_night_that_runs_into_the_next_day(tmp_path: Path) -> None:
    text = "office: {name: URP}\nhours:\n  sun: 22:00-02:00\n  mon: 01:00-03:00\n"
    expected = "a night that ends before mon begins: these two overlap"
    assert told(tmp_path, text) == [f"config.yaml:3: hours.sun: found “22:00-02:00”, expected {expected}"]
