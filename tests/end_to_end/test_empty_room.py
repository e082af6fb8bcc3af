"""Nobody answers: whom the hub reminds, what it tells the citizen, and to whom else it passes them."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from models.tables import Author, What
from routing.commands import Command
from routing.waiting import Step, steps_due
from settings import Settings
from tests.citizen import Citizen
from tests.hub import Clock, RunningHub, configuration, hub_at
from tests.office import entries, luca
from tests.platforms.slack import SlackStandIn
from texts import words

ROME = ZoneInfo("Europe/Rome")
say = words("it", {})
PATIENCE = 20.0
MINUTE = timedelta(minutes=1)


def settings(**waiting: Any) -> Settings:
    """A configuration with the departments Tributi and Segreteria."""
    departments = [{"name": "Tributi"}, {"name": "Segreteria"}]
    return Settings.model_validate(configuration(departments=departments, waiting=waiting))


@pytest.mark.parametrize(
    ("minutes", "taken", "due"),
    [
        (2, False, set()),
        (3, False, {Step.REMIND, Step.TELL}),
        (5, False, {Step.REMIND, Step.TELL}),
        (6, False, {Step.REMIND, Step.TELL, Step.ESCALATE}),
        (2, True, set()),
        (3, True, {Step.REMIND}),
        (6, True, {Step.REMIND, Step.TELL}),
        (600, True, {Step.REMIND, Step.TELL}),
    ],
)
def test_what_is_due_after_so_many_minutes(minutes: int, taken: bool, due: set[Step]) -> None:
    assert steps_due(minutes * MINUTE, settings(escalate_to="Segreteria"), taken=taken) == due


def test_who_is_asked_when_is_the_towns_choice() -> None:
    assert Step.ESCALATE not in steps_due(timedelta(days=1), settings(), taken=False)
    later = settings(escalate_to="segreteria", escalate_after="20m")
    assert later.waiting.escalate_to == "Segreteria"
    assert Step.ESCALATE not in steps_due(19 * MINUTE, later, taken=False)
    assert Step.ESCALATE in steps_due(20 * MINUTE, later, taken=False)


async def go_on(office: RunningHub, minutes: float) -> None:
    """Let minutes pass, and the hub look after who waits, as it does every few seconds."""
    office.clock.advance(minutes * MINUTE)
    for _ in range(2):
        await office.hub.remind_of_waiting()


async def read(office: RunningHub, citizen: Citizen) -> list[str]:
    """What the hub itself said to the citizen."""
    found = await entries(office, citizen, What.MESSAGE)
    return [record.text for record in found if record.author == Author.SYSTEM]


async def reminders(office: RunningHub, citizen: Citizen) -> list[str]:
    """What operators were told in the conversation."""
    return [record.text for record in await entries(office, citizen, What.ANSWER)]


async def test_operators_are_reminded_and_the_citizen_is_told_the_truth_once(tmp_path: Path) -> None:
    async with hub_at(tmp_path) as office, Citizen(office.url) as maria:
        await maria.start("Buongiorno")
        await go_on(office, 2)
        assert await read(office, maria) == []
        await maria.say("C'è qualcuno?")  # who writes again does not begin to wait again
        await go_on(office, 1.1)
        await go_on(office, 60)
        assert await read(office, maria) == [say("visitor_nobody_yet")]
        assert await reminders(office, maria) == [
            "⏰ Nessuno ha ancora risposto: il cittadino aspetta da 3 minuti."
        ]


async def test_an_answer_in_time_leaves_nothing_to_say(tmp_path: Path) -> None:
    async with hub_at(tmp_path) as office, Citizen(office.url) as maria:
        await maria.start("Buongiorno")
        await office.hub.operator_wrote(luca("1"), maria.id, "Buongiorno a Lei")
        await go_on(office, 60)
        assert await read(office, maria) == await reminders(office, maria) == []


async def test_who_was_taken_and_then_left_alone_is_not_forgotten(tmp_path: Path) -> None:
    departments = [{"name": "Segreteria"}]
    waiting = {"escalate_to": "Segreteria"}
    async with (
        hub_at(tmp_path, departments=departments, waiting=waiting) as office,
        Citizen(office.url) as maria,
    ):
        await maria.start("Buongiorno")
        for times in (1, 2):  # each time anew
            office.clock.at = None
            await office.hub.operator_wrote(luca(f"answer {times}"), maria.id, "Un attimo")
            await maria.say("E quindi?")
            await go_on(office, 3.1)
            assert len(await reminders(office, maria)) == times
            assert len(await read(office, maria)) == times - 1, "a thank you needs no answer"
            await go_on(office, 3)
            assert await read(office, maria) == [say("visitor_nobody_yet")] * times
            await go_on(office, 60)
            assert len(await reminders(office, maria)) == times
        info = await office.hub.conversation(maria.id)
        assert info is not None
        assert (info.taken_by, info.department) == ("Luca Verdi", None)


async def test_what_nobody_answers_goes_to_who_is_asked_then_with_its_story(tmp_path: Path) -> None:
    async with SlackStandIn() as slack:
        office_of_last_resort = slack.add_channel("segreteria")
        departments = [{"name": "Segreteria", "slack": {"channel": office_of_last_resort}}]
        waiting = {"escalate_to": "Segreteria", "escalate_after": "10m"}
        async with (
            hub_at(tmp_path, slack=slack, departments=departments, waiting=waiting) as office,
            Citizen(office.url) as maria,
        ):
            await slack.wait_for(lambda: slack.connected == 1, PATIENCE)
            await maria.start("Devo pagare l'IMU", name="Maria")
            await maria.say("Entro quando?")
            (root,) = await slack.wait_for(slack.messages, PATIENCE)
            await go_on(office, 3.1)
            await slack.wait_for(lambda: len(slack.thread(root.ts)) == 3, PATIENCE)
            assert slack.messages(office_of_last_resort) == []

            await go_on(office, 7)
            await slack.wait_for(
                lambda: "la conversazione passa a Segreteria" in slack.thread(root.ts)[-1].text, PATIENCE
            )
            async with asyncio.timeout(20):
                while not slack.messages(office_of_last_resort):
                    await office.hub.remind_of_waiting()
            (there,) = slack.messages(office_of_last_resort)
            await slack.wait_for(
                lambda: any(
                    "Maria: Devo pagare l'IMU" in m.text and "Maria: Entro quando?" in m.text
                    for m in slack.thread(there.ts)
                ),
                PATIENCE,
            )
            assert there.buttons == ("take", "close", "pass", "block")
            escalated = say("visitor_escalated", department="Segreteria")
            assert await read(office, maria) == [say("visitor_nobody_yet"), escalated]
            await slack.operator_says("marco", "Entro il 16", thread_ts=there.ts)
            async with maria.listening(0) as stream:
                while (await stream.next("message")).data["text"] != "Entro il 16":
                    pass
            before = len(slack.thread(root.ts))
            await maria.say("Grazie!")
            await slack.wait_for(lambda: slack.thread(there.ts)[-1].text.endswith("Grazie!"), PATIENCE)
            await go_on(office, 60)
            assert len(slack.thread(root.ts)) == before
            assert len(slack.messages(office_of_last_resort)) == 1


async def test_it_is_passed_on_once_and_not_back_when_somebody_moves_it(tmp_path: Path) -> None:
    departments = [{"name": "Tributi"}, {"name": "Segreteria"}]
    waiting = {"escalate_to": "Segreteria"}
    async with (
        hub_at(tmp_path, departments=departments, waiting=waiting) as office,
        Citizen(office.url) as maria,
    ):
        await maria.start("IMU?", department="Tributi")
        await go_on(office, 6.1)
        info = await office.hub.conversation(maria.id)
        assert info is not None
        assert info.department == "Segreteria"
        await office.hub.operator_commanded(luca("p"), maria.id, Command("pass", "Tributi"))
        await go_on(office, 60)
        info = await office.hub.conversation(maria.id)
        assert info is not None
        assert info.department == "Tributi"
        assert len(await entries(office, maria, What.PASSED)) == 2


async def test_nobody_is_passed_to_an_office_that_is_closed(tmp_path: Path) -> None:
    departments = [{"name": "Segreteria", "hours": {"mon": "09:00-09:01"}}]
    async with (
        hub_at(
            tmp_path, clock=Clock(), departments=departments, waiting={"escalate_to": "Segreteria"}
        ) as office,
        Citizen(office.url) as maria,
    ):
        office.clock.at = datetime.now(ROME)
        if office.clock.at.weekday() == 0:  # whatever the day of this test is, it is not Monday there
            office.clock.advance(timedelta(days=1))
        await maria.start("Buongiorno")
        await go_on(office, 60)
        assert await entries(office, maria, What.PASSED) == []
        assert await read(office, maria) == [say("visitor_nobody_yet")]


async def test_who_left_contact_details_is_called_back_and_not_waited_for(tmp_path: Path) -> None:
    async with hub_at(tmp_path) as office, Citizen(office.url) as maria:
        await maria.start("Buongiorno")
        body = {"client_id": "c", "name": "Maria", "phone": "0551234567", "consent": True}
        left = await maria.http.post(
            "/api/callbacks", json=body | {"conversation": maria.id}, headers=maria.headers
        )
        assert left.status_code == 201
        await go_on(office, 60)
        assert await read(office, maria) == await reminders(office, maria) == []


async def test_the_stream_says_where_contact_details_are_offered(tmp_path: Path) -> None:
    async with hub_at(tmp_path) as office, Citizen(office.url) as maria:
        await maria.start("Buongiorno")
        await go_on(office, 3.1)
        async with maria.listening(0) as stream:
            assert "offer" not in (await stream.next("message")).data
            assert (await stream.next("message")).data["offer"] == "callback"


async def test_a_chat_that_was_closed_without_an_answer_may_still_become_a_callback(tmp_path: Path) -> None:
    async with hub_at(tmp_path) as office, Citizen(office.url) as maria:
        await maria.start("Buongiorno")
        await maria.call("POST", "/close")
        body = {"client_id": "c", "name": "Maria", "phone": "0551234567", "consent": True}
        left = await maria.http.post(
            "/api/callbacks", json=body | {"conversation": maria.id}, headers=maria.headers
        )
        reference = left.json()["reference"]
        assert (await maria.http.get(f"/api/callbacks/{reference}")).json()["state"] == "new"
