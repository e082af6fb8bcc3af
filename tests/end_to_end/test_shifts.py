"""Opening and closing as operators and citizens live through it, by a clock that the test sets."""

import asyncio
import uuid
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from models.journal import Record
from models.tables import OFFICE_ID, Author
from routing.commands import Command
from routing.hub import Hub
from routing.inbound import Arrival, Operator
from tests.citizen import Citizen
from tests.hub import Clock, RunningHub, hub_at
from tests.unit.test_hours_model import Configured, flips

pytestmark = pytest.mark.usefixtures("watchdog")

ROME = ZoneInfo("Europe/Rome")
WEEK: dict[str, Any] = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), "08:30-13:00, 15:00-18:00")


def rome(text: str) -> datetime:
    """A moment by the clock in Rome."""
    return datetime.fromisoformat(text).replace(tzinfo=ROME)


def by(name: str) -> Arrival:
    """A gesture at the desk."""
    return Arrival("desk", str(uuid.uuid4()), "desk", Operator(f"desk:{name}", name))


async def told(hub: Hub, since: int = 0) -> list[str]:
    """What operators were told of the office."""
    return [record.text for record in await hub.store.entries(OFFICE_ID, after=since) if record.text]


async def whole(hub: Hub) -> list[Record]:
    """All that operators were told in a year, read in parts: a thousand at once would hold the loop up."""
    records: list[Record] = []
    while part := await hub.store.entries(OFFICE_ID, after=records[-1].seq if records else 0, limit=100):
        records += part
    return records


async def read_by(hub: Hub, citizen: Citizen) -> list[str]:
    """What the office itself has written to a citizen."""
    records = await hub.store.entries(citizen.id)
    return [record.text for record in records if record.kind == "message" and record.author == Author.SYSTEM]


async def go(running: RunningHub, text: str) -> None:
    """Let it be that moment, and look after the hours."""
    running.clock.at = rome(text)
    await running.hub.keep_hours()


async def test_operators_are_told_of_opening_and_closing_once(tmp_path: Path) -> None:
    async with hub_at(tmp_path, clock=Clock(rome("2026-11-18 08:29")), hours=WEEK) as running:
        await go(running, "2026-11-18 08:29")
        assert await told(running.hub) == []
        for _ in range(3):
            await go(running, "2026-11-18 08:30")
        await go(running, "2026-11-18 13:00")
        assert await told(running.hub) == [
            "L'ufficio è aperto: la Linea diretta è attiva fino alle 13:00.",
            "L'ufficio è chiuso: la Linea diretta prende messaggi con recapiti fino alle 15:00.",
        ]


async def test_a_closing_over_night_names_the_day_of_the_opening(tmp_path: Path) -> None:
    async with hub_at(tmp_path, clock=Clock(rome("2026-11-18 18:30")), hours=WEEK) as running:
        assert running.hub.office_in_words() == "Adesso l'ufficio è chiuso fino al 19/11/2026 alle 08:30."


async def test_a_machine_that_slept_is_right_at_once_and_says_nothing_stale(tmp_path: Path) -> None:
    async with hub_at(tmp_path, clock=Clock(rome("2026-11-18 08:00")), hours=WEEK) as running:
        await go(running, "2026-11-18 13:20")  # slept since before the opening
        assert not running.hub.office().open
        assert await told(running.hub) == []
        await go(running, "2026-11-18 15:09")  # late, but not too late
        [said] = await told(running.hub)
        assert said.startswith("L'ufficio è aperto")


async def test_who_is_in_a_chat_is_warned_before_closing(tmp_path: Path) -> None:
    async with (
        hub_at(tmp_path, clock=Clock(rome("2026-11-18 12:40")), hours=WEEK) as running,
        Citizen(running.url) as citizen,
    ):
        await citizen.start("Buongiorno", lang="it")
        await go(running, "2026-11-18 12:49")
        assert await read_by(running.hub, citizen) == []
        await go(running, "2026-11-18 12:50")
        await go(running, "2026-11-18 12:55")
        assert await read_by(running.hub, citizen) == ["Siamo qui fino alle 13:00."]


async def test_who_waits_at_closing_is_asked_for_contact_details_and_operators_are_told(
    tmp_path: Path,
) -> None:
    async with (
        hub_at(tmp_path, clock=Clock(rome("2026-11-18 12:40")), hours=WEEK) as running,
        Citizen(running.url) as citizen,
    ):
        await citizen.start("Buongiorno", lang="it")
        await go(running, "2026-11-18 13:00")
        await go(running, "2026-11-18 13:05")
        [text] = await read_by(running.hub, citizen)
        assert text.endswith("ricontatteremo noi. Riapriamo oggi alle 15:00.")
        records = await running.hub.store.entries(citizen.id)
        assert records[-2].data["offer"] == "callback"
        assert records[-1].kind == "answer"
        assert "chiesto un recapito" in records[-1].text


async def test_who_has_left_contact_details_already_is_not_asked_for_them_at_closing(tmp_path: Path) -> None:
    async with (
        hub_at(tmp_path, clock=Clock(rome("2026-11-18 12:40")), hours=WEEK) as running,
        Citizen(running.url) as citizen,
    ):
        await citizen.start("Buongiorno")
        body = {
            "client_id": "c",
            "name": "Maria",
            "phone": "0551234567",
            "consent": True,
            "conversation": citizen.id,
        }
        answer = await citizen.http.post("/api/callbacks", json=body, headers=citizen.headers)
        assert answer.status_code == 201
        before = await read_by(running.hub, citizen)
        await go(running, "2026-11-18 13:30")
        assert await read_by(running.hub, citizen) == before


async def test_a_running_chat_may_be_finished(tmp_path: Path) -> None:
    async with (
        hub_at(tmp_path, clock=Clock(rome("2026-11-18 12:40")), hours=WEEK) as running,
        Citizen(running.url) as citizen,
        Citizen(running.url) as other,
    ):
        for one in (citizen, other):
            await one.start("Buongiorno")
            await running.hub.operator_wrote(by("Anna Bianchi"), one.id, "Buongiorno, mi dica")
        await other.say("E a che ora?")
        await go(running, "2026-11-18 13:00")
        assert (await told(running.hub))[-1].startswith("Chi sta scrivendo può finire fino alle 13:15")
        await go(running, "2026-11-18 13:14")
        assert await read_by(running.hub, other) == []
        await go(running, "2026-11-18 13:15")
        assert len(await read_by(running.hub, other)) == 1  # who still waits for an answer
        assert await read_by(running.hub, citizen) == []  # who had the last one
        await citizen.say("Grazie, e un'altra cosa")
        await go(running, "2026-11-18 13:30")
        assert len(await read_by(running.hub, citizen)) == 1


async def test_what_was_said_is_not_said_again_after_a_restart(tmp_path: Path) -> None:
    clock = Clock(rome("2026-11-18 12:40"))
    async with hub_at(tmp_path, clock=clock, hours=WEEK) as running, Citizen(running.url) as citizen:
        await citizen.start("Buongiorno")
        await go(running, "2026-11-18 12:55")
        await go(running, "2026-11-18 13:00")
        said, read = await told(running.hub), await read_by(running.hub, citizen)
    async with hub_at(tmp_path, clock=clock, hours=WEEK) as running:
        await go(running, "2026-11-18 13:05")
        assert (await told(running.hub), await read_by(running.hub, citizen)) == (said, read)


async def test_offline_until_a_time_survives_a_restart_and_ends_by_itself(tmp_path: Path) -> None:
    clock = Clock(rome("2026-11-18 09:00"))
    async with hub_at(tmp_path, clock=clock, hours=WEEK) as running:
        await running.hub.operator_commanded(by("Anna Bianchi"), None, Command("offline", "fino alle 11"))
        assert (await told(running.hub))[-1] == "Linea diretta chiusa da Anna Bianchi fino alle 11:00."
        assert running.hub.next_change() == rome("2026-11-18 09:15")  # chats may be finished until then
    async with hub_at(tmp_path, clock=clock, hours=WEEK) as running, Citizen(running.url) as citizen:
        await go(running, "2026-11-18 10:59")
        assert (await citizen.http.get("/api/status")).json()["reopens"].startswith("2026-11-18T11:00")
        assert running.hub.office_in_words().endswith("L'ha chiusa Anna Bianchi fino alle 11:00.")
        await go(running, "2026-11-18 11:00")
        assert (await citizen.http.get("/api/status")).json()["open"] is True
        assert "Anna Bianchi" in (await told(running.hub))[-1]
        assert "Anna" not in running.hub.office_in_words()
        assert await running.hub.store.switch() is None


async def test_away_is_a_quarter_of_an_hour_and_asks_nobody_for_contact_details(tmp_path: Path) -> None:
    async with (
        hub_at(tmp_path, clock=Clock(rome("2026-11-18 09:00")), hours=WEEK) as running,
        Citizen(running.url) as citizen,
    ):
        await citizen.start("Buongiorno")
        await running.hub.operator_commanded(by("Anna Bianchi"), None, Command("away"))
        assert running.hub.office().reopens == rome("2026-11-18 09:15")
        await go(running, "2026-11-18 09:10")
        assert await read_by(running.hub, citizen) == []


async def test_a_time_that_is_none_is_answered_with_examples(tmp_path: Path) -> None:
    async with hub_at(tmp_path, clock=Clock(rome("2026-11-18 09:00")), hours=WEEK) as running:
        await running.hub.operator_commanded(by("Anna Bianchi"), None, Command("offline", "dopo"))
        assert running.hub.office().open
        assert "«offline fino alle 15»" in (await told(running.hub))[-1]


async def test_a_department_opens_and_closes_by_its_own_hours(tmp_path: Path) -> None:
    parts = [{"name": "Anagrafe", "when": {"page": "*/anagrafe/*"}, "hours": {"wed": "09:00-10:00"}}]
    async with (
        hub_at(tmp_path, clock=Clock(rome("2026-11-18 09:59")), hours=WEEK, departments=parts) as running,
        Citizen(running.url) as citizen,
    ):
        page = "https://www.comune.example/anagrafe/carta"
        assert (await citizen.start("Buongiorno", page=page)).status_code == 201
        await go(running, "2026-11-18 10:00")
        assert (await told(running.hub))[-1].startswith("Anagrafe: L'ufficio è chiuso")
        assert (await read_by(running.hub, citizen))[-1].endswith(
            "Riapriamo mercoledì 25 novembre alle 9:00."
        )
        assert (await citizen.start("Ancora", page=page)).status_code == 409
        assert (await citizen.start("Altro")).status_code == 201


YEAR: dict[str, Any] = WEEK | {
    "sat": "22:00-02:30",
    "sun": "02:45-03:30",
    "lunch": "11:00-11:15",
    "holidays": {"country": "IT", "extra": ["09-08"]},
    "seasons": [{"from": "07-01", "to": "08-31", "mon": "08:00-13:00", "sun": "00:00-24:00"}],
    "closed": [{"from": "2026-12-24", "to": "2026-12-26"}, {"every": "ogni ultimo giovedì"}],
    "open": [{"on": "2026-12-05", "hours": "09:00-12:00"}],
}


def dated() -> Configured:
    """The same for the model, which takes days as dates."""
    closed = [
        {"from": date(2026, 12, 24), "to": date(2026, 12, 26)},
        {"every": "ogni ultimo giovedì"},
    ]
    return Configured(YEAR | {"closed": closed, "open": [{"on": date(2026, 12, 5), "hours": "09:00-12:00"}]})


async def test_a_whole_year_is_announced_as_the_slow_model_says_through_restarts(tmp_path: Path) -> None:
    first = datetime(2026, 1, 1, tzinfo=UTC)
    clock = Clock(first)
    model = await asyncio.to_thread(flips, dated(), "Europe/Rome", first.date(), 365)
    expected = [f"hours/{at.astimezone(ROME).isoformat()}" for at, _ in model]
    for part in range(8):
        async with hub_at(tmp_path, clock=clock, hours=YEAR) as running:
            until = first + timedelta(days=365) * (part + 1) / 8 + timedelta(minutes=part)
            while (change := running.hub.next_change()) is not None and change < min(
                until, first + timedelta(days=365)
            ):
                clock.at = change
                await running.hub.keep_hours()
            clock.at = until
            await running.hub.keep_hours()
            records = await whole(running.hub)
    assert [record.origin_key for record in records if record.origin_key.startswith("hours/")] == expected
    opened = ["aperto" in record.text for record in records if record.origin_key.startswith("hours/")]
    assert opened == [opened[0] is (number % 2 == 0) for number in range(len(opened))]
