"""Hours that change while the hub runs: the file, a calendar beside it, and what waits for the next start."""

from pathlib import Path
from typing import Any

import pytest

from tests.citizen import Citizen
from tests.end_to_end.test_shifts import WEEK, rome
from tests.hub import Clock, hub_at

pytestmark = pytest.mark.usefixtures("watchdog")
STRIKE = (
    "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//test//\n"
    "BEGIN:VEVENT\nUID:1\nSUMMARY:Sciopero\n{when}\nEND:VEVENT\nEND:VCALENDAR\n"
)
TODAY = STRIKE.format(when="DTSTART;VALUE=DATE:20261118")


async def test_a_calendar_that_changes_closes_the_office_and_a_broken_one_does_not_reopen_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    hours: dict[str, Any] = WEEK | {"calendars": ["chiusure.ics"]}
    calendar = tmp_path / "chiusure.ics"
    calendar.write_text(STRIKE.format(when="DTSTART;VALUE=DATE:20261119"))
    async with (
        hub_at(tmp_path, clock=Clock(rome("2026-11-18 09:00")), hours=hours) as running,
        Citizen(running.url) as citizen,
    ):
        await citizen.start("Buongiorno")
        async with citizen.listening() as stream:
            calendar.write_text(TODAY)
            status = (await stream.next("status")).data
            assert (status["open"], status["reason"]) == (False, "Sciopero")
            calendar.write_text("BEGIN:VCALENDAR")
            running.rewrite(office={"name": "Un altro nome"})
            while (status := (await stream.next("status")).data)["office"] != "Un altro nome":
                pass
            assert (status["open"], status["reason"]) == (False, "Sciopero")
    assert "hours.calendars.1: found " in caplog.text


async def test_a_key_that_waits_for_the_next_start_is_named_and_the_rest_is_in_force(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with (
        hub_at(tmp_path, clock=Clock(rome("2026-11-18 09:00")), hours=WEEK) as running,
        Citizen(running.url) as citizen,
    ):
        await citizen.start("Buongiorno")
        async with citizen.listening() as stream:
            running.rewrite(database="sqlite:///data/other.db", hours={"wed": "14:00-15:00"})
            while (status := (await stream.next("status")).data)["open"]:
                pass
            assert status["reopens"] == "2026-11-18T14:00:00+01:00"
    assert "database takes effect at the next start; the rest is in force now" in caplog.text
