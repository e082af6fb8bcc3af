"""The office's own closure calendar: what other programs export, and what goes wrong with it."""

from datetime import date
from pathlib import Path

import pytest

from schedules.days import day
from schedules.words import spans_in_words
from settings import Settings, read

TODAY = date(2026, 11, 18)


def calendar(*events: str) -> str:
    """A file with these events, each as its lines."""
    inner = "".join(
        f"BEGIN:VEVENT\nUID:{number}\n{event}\nEND:VEVENT\n" for number, event in enumerate(events)
    )
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//test//\n{inner}END:VCALENDAR\n"


def office(
    folder: Path, text: str | bytes | None, before: Settings | None = None
) -> tuple[Settings, list[str]]:
    """An office with this calendar beside its configuration, and what is noted of it."""
    if text is not None:
        (folder / "chiusure.ics").write_bytes(text.encode() if isinstance(text, str) else text)
    path = folder / "config.yaml"
    week = ", ".join(f"{name}: 08:00-14:00" for name in ("mon", "tue", "wed", "thu", "fri"))
    path.write_text(f"office: {{name: URP}}\nhours: {{{week}, calendars: [chiusure.ics]}}\n")
    loaded = read(path, TODAY, before)
    return loaded.settings, [str(note).removeprefix(f"{folder}/") for note in loaded.notes]


def on(settings: Settings, text: str) -> tuple[str, str]:
    decided = day(settings.hours, date.fromisoformat(text))
    return spans_in_words(decided.spans), decided.rule


def test_an_event_of_whole_days_closes_them(tmp_path: Path) -> None:
    settings, notes = office(
        tmp_path, calendar("SUMMARY:Trasloco\nDTSTART;VALUE=DATE:20261201\nDTEND;VALUE=DATE:20261203")
    )
    assert notes == []
    assert [on(settings, f"2026-12-0{number}") for number in (1, 2, 3)] == [
        ("", "calendar: Trasloco"),
        ("", "calendar: Trasloco"),
        ("08:00-14:00", "weekly hours"),
    ]


def test_an_event_in_another_zone_closes_our_hours(tmp_path: Path) -> None:
    settings, _ = office(tmp_path, calendar("SUMMARY:Call\nDTSTART:20261201T090000Z\nDTEND:20261201T101500Z"))
    assert on(settings, "2026-12-01")[0] == "08:00-10:00, 11:15-14:00"


def test_an_event_comes_back_and_one_of_its_days_was_moved_and_another_cancelled(tmp_path: Path) -> None:
    settings, _ = office(
        tmp_path,
        calendar("SUMMARY:x\nDTSTART:20200101T100000\nDTEND:20200101T110000").replace(
            "BEGIN:VEVENT",
            "BEGIN:VEVENT\nUID:w\nSUMMARY:Riunione\nDTSTART:20261201T120000\nDTEND:20261201T140000\n"
            "RRULE:FREQ=WEEKLY;COUNT=4\nEXDATE:20261222T120000\nEND:VEVENT\n"
            "BEGIN:VEVENT\nUID:w\nRECURRENCE-ID:20261208T120000\nSUMMARY:Riunione\nDTSTART:20261209T080000\n"
            "DTEND:20261209T090000\nEND:VEVENT\n"
            "BEGIN:VEVENT\nUID:w\nRECURRENCE-ID:20261215T120000\nSTATUS:CANCELLED\nSUMMARY:Riunione\n"
            "DTSTART:20261215T120000\nDTEND:20261215T140000\nEND:VEVENT\nBEGIN:VEVENT",
            1,
        ),
    )
    found = {text: on(settings, f"2026-12-{text}")[0] for text in ("01", "08", "09", "15", "22")}
    assert found == {
        "01": "08:00-12:00",
        "08": "08:00-14:00",
        "09": "09:00-14:00",
        "15": "08:00-14:00",
        "22": "08:00-14:00",
    }


def test_an_event_over_midnight_closes_both_days(tmp_path: Path) -> None:
    settings, _ = office(tmp_path, calendar("DTSTART:20261201T130000\nDTEND:20261202T090000"))
    assert on(settings, "2026-12-01")[0] == "08:00-13:00"
    assert on(settings, "2026-12-02")[0] == "09:00-14:00"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "found that it cannot be read (no such file or directory), expected a file that is there"),
        ("", "found no calendar in it, expected a calendar as other programs export it"),
        ("Ciao,\nnon ho il calendario", "expected a calendar as other programs export it (iCalendar, .ics)"),
        (b"\xff\xfe\x00", "expected a calendar as other programs export it"),
        ("BEGIN:VCALENDAR\nBEGIN:VEVENT\n", "expected a calendar as other programs export it"),
        (calendar("DTSTART:tomorrow"), "expected a calendar as other programs export it"),
        (
            calendar("SUMMARY:Eco\nDTSTART:20260101T000000Z\nRRULE:FREQ=SECONDLY"),
            "found “Eco”, which comes more than",
        ),
        (calendar("DTSTART;VALUE=DATE:20260101\nRRULE:FREQ=DAILY;BYMINUTE=1,2"), "once a day at most"),
        (
            calendar(*["DTSTART;VALUE=DATE:20260101"] * 2001),
            "found 2001 events, expected at most 2000 events",
        ),
        ("x" * (1024 * 1024 + 1), "found a larger one, expected a calendar of at most 1024 KiB"),
    ],
)
def test_a_broken_calendar_is_told_and_the_office_opens(
    tmp_path: Path, text: str | bytes | None, said: str
) -> None:
    settings, [note] = office(tmp_path, text)
    assert note.startswith("config.yaml:2: hours.calendars.1: found ")
    assert said in note
    assert "; until then it closes nothing" in note
    assert on(settings, "2026-12-01") == ("08:00-14:00", "weekly hours")


def test_while_a_calendar_is_broken_what_it_said_before_holds(tmp_path: Path) -> None:
    good, _ = office(tmp_path, calendar("DTSTART;VALUE=DATE:20261201"))
    settings, [note] = office(tmp_path, "half a fi", before=good)
    assert "; until then what it said before holds" in note
    assert settings == good
    assert on(settings, "2026-12-01") == ("", "calendar")


def test_a_day_that_is_past_is_only_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(
        "office: {name: URP}\nhours:\n  closed: [{on: 2026-11-17}, {on: 2026-11-18}]\n"
        "  open: [{on: 2025-12-05, hours: 09:00-12:00}]\n"
    )
    loaded = read(path, TODAY)
    expected = "expected a day to come, or no such line any more"
    assert [str(note) for note in loaded.notes] == [
        f"{path}:3: hours.closed.1.on: found 2026-11-17, which is past, {expected} (column 17; only a warning)",
        f"{path}:4: hours.open.1.on: found 2025-12-05, which is past, {expected} (column 15; only a warning)",
    ]
    assert all(note.warning for note in loaded.notes)
