"""Who is there: by their own word, by the open desk, by Slack; and what is said where nobody is."""

import uuid
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest_asyncio

from models.tables import OFFICE_ID
from routing.commands import Command
from routing.inbound import Arrival, Operator
from tests.citizen import Citizen
from tests.hub import Clock, RunningHub, hub_at
from tests.office import soon
from tests.platforms.slack import SlackStandIn
from tests.platforms.telegram import TelegramStandIn
from tests.slack_office import slack_fixture  # noqa: F401 - used by name
from tests.telegram_office import PATIENCE, listening, telegram_fixture  # noqa: F401 - used by name

NOBODY = "non c'è nessuno"
AT_THE_DESK = "non c’è nessuno"
"""As operators and as citizens read it."""
WEEK: dict[str, Any] = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), "08:30-13:00, 15:00-18:00")


def rome(text: str) -> datetime:
    """A moment by the clock in Rome."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Rome"))


@pytest_asyncio.fixture(name="desk")
async def desk_fixture(tmp_path: Path) -> AsyncIterator[RunningHub]:
    """An office with nothing but its desk, which nobody has open, on a Wednesday at nine."""
    async with hub_at(tmp_path, clock=Clock(rome("2026-11-18 09:00")), hours=WEEK) as running:
        yield running


async def command(office: RunningHub, name: str, line: str, argument: str = "") -> None:
    """An operator's word, given anywhere."""
    arrival = Arrival("desk", str(uuid.uuid4()), "desk", Operator(f"desk:{name}", name))
    await office.hub.operator_commanded(arrival, None, Command(line, argument))


async def told(office: RunningHub) -> list[str]:
    """What operators were told of the office."""
    return [record.text for record in await office.hub.store.entries(OFFICE_ID) if record.text]


async def look(office: RunningHub, times: int = 1, *, later: timedelta = timedelta(minutes=2)) -> None:
    """The clock goes on, and it is looked who is there."""
    for _ in range(times):
        office.clock.advance(later)
        await office.hub.look_who_is_there()


async def read(office: RunningHub, lang: str = "it") -> str:
    """What a citizen reads of the office."""
    async with Citizen(office.url) as citizen:
        status = (await citizen.http.get(f"/api/status?lang={lang}")).json()
    assert status["open"] is True
    return str(status["message"])


async def test_where_nobody_ever_says_here_silence_means_nothing(desk: RunningHub) -> None:
    await look(desk, 5)
    assert await told(desk) == []
    assert "Siamo qui" in await read(desk)


async def test_once_everybody_who_said_here_is_gone_operators_are_told_once_and_citizens_read_it(
    desk: RunningHub,
) -> None:
    await command(desk, "Anna Bianchi", "here", "fino alle 10")
    await look(desk, 3)
    assert (await told(desk))[-1] == "Presenti: Anna Bianchi."
    desk.clock.at = rome("2026-11-18 10:00")
    await look(desk)
    assert "Siamo qui" in await read(desk)  # one look may be wrong
    await look(desk, 4)
    assert [text for text in await told(desk) if NOBODY in text] == [(await told(desk))[-1]]
    assert AT_THE_DESK in await read(desk)
    assert "Nobody is at the desk" in await read(desk, "en")
    async with Citizen(desk.url) as maria:
        assert (await maria.start("Buongiorno")).status_code == 201
        async with maria.listening() as stream:
            await command(desk, "Anna Bianchi", "here")
            assert "Siamo qui" in (await stream.next("status")).data["message"]
    assert "Siamo qui" in await read(desk)


async def test_it_is_told_again_only_after_somebody_was_there(desk: RunningHub) -> None:
    await command(desk, "Anna Bianchi", "here", "5m")
    await look(desk, 10)
    await command(desk, "Anna Bianchi", "here", "5m")
    await look(desk, 10)
    assert len([text for text in await told(desk) if NOBODY in text]) == 2


async def test_whoever_answers_is_there_without_saying_so(desk: RunningHub) -> None:
    await command(desk, "Anna Bianchi", "here", "5m")
    async with Citizen(desk.url) as maria:
        await maria.start("Buongiorno")
        await look(desk, 5)
        assert AT_THE_DESK in await read(desk)
        arrival = Arrival("desk", "a", "desk", Operator("desk:m", "Marco Rossi"))
        await desk.hub.operator_wrote(arrival, maria.id, "Eccomi")
        assert "Siamo qui" in await read(desk)
        await look(desk, 4)
        assert "Siamo qui" in await read(desk)
        await look(desk, 4)
        assert AT_THE_DESK in await read(desk)


async def test_the_open_desk_is_somebody(desk: RunningHub) -> None:
    await command(desk, "Anna Bianchi", "here", "5m")
    async with Citizen(desk.url) as browser:
        await browser.http.get(desk.desk_link, follow_redirects=True)
        async with browser.http.stream("GET", "/desk/events") as events:
            assert events.status_code == 200
            await soon(lambda: desk.hub.fanout.listeners("desk"))
            await look(desk, 5)
            assert "Siamo qui" in await read(desk)
    await soon(lambda: not desk.hub.fanout.listeners("desk"))
    await look(desk, 2)
    assert AT_THE_DESK in await read(desk)


async def test_outside_the_hours_nobody_is_missed(desk: RunningHub) -> None:
    await command(desk, "Anna Bianchi", "here", "fino alle 12:30")
    desk.clock.at = rome("2026-11-18 13:00")
    await look(desk, 5)
    assert not [text for text in await told(desk) if NOBODY in text]


async def test_away_leaves_the_line_open_while_a_colleague_is_here_and_closes_it_after_the_last(
    desk: RunningHub,
) -> None:
    await command(desk, "Anna Bianchi", "here")
    await command(desk, "Marco Rossi", "here")
    await command(desk, "Anna Bianchi", "away", "20m")
    assert (await told(desk))[-1] == "Anna Bianchi torna subito fino alle 09:20. Presenti: Marco Rossi."
    assert desk.hub.office().open
    await command(desk, "Marco Rossi", "away")
    assert not desk.hub.office().open
    assert desk.hub.office().reopens == rome("2026-11-18 09:15")
    await command(desk, "Marco Rossi", "here")
    assert desk.hub.office().open
    desk.clock.at = rome("2026-11-18 09:21")
    assert "Presenti: Anna Bianchi, Marco Rossi." in desk.hub.office_in_words()


async def test_here_does_not_open_what_a_colleague_closed(desk: RunningHub) -> None:
    await command(desk, "Marco Rossi", "offline", "fino alle 11")
    await command(desk, "Anna Bianchi", "here")
    assert not desk.hub.office().open
    assert "L'ha chiusa Marco Rossi" in desk.hub.office_in_words()


async def test_what_was_said_outlives_a_restart(tmp_path: Path) -> None:
    clock = Clock(rome("2026-11-18 09:00"))
    async with hub_at(tmp_path, clock=clock, hours=WEEK) as running:
        await command(running, "Anna Bianchi", "here", "fino alle 11")
    async with hub_at(tmp_path, clock=clock, hours=WEEK) as running:
        assert "Presenti: Anna Bianchi." in running.hub.office_in_words()
        clock.at = rome("2026-11-18 11:00")
        await look(running, 2)
        assert AT_THE_DESK in await read(running)


async def test_that_nobody_is_there_outlives_a_restart_and_is_not_told_again(tmp_path: Path) -> None:
    clock = Clock(rome("2026-11-18 09:00"))
    async with hub_at(tmp_path, clock=clock, hours=WEEK) as running:
        await command(running, "Anna Bianchi", "here", "5m")
        await look(running, 10)
        assert AT_THE_DESK in await read(running)
    async with hub_at(tmp_path, clock=clock, hours=WEEK) as running:
        assert AT_THE_DESK in await read(running)
        await look(running, 5)
        assert len([text for text in await told(running) if NOBODY in text]) == 1
        await command(running, "Anna Bianchi", "here", "5m")
        assert "Siamo qui" in await read(running)
        await look(running, 10)
        assert AT_THE_DESK in await read(running)
        assert len([text for text in await told(running) if NOBODY in text]) == 2


async def test_a_word_that_arrives_twice_counts_once(desk: RunningHub) -> None:
    words = [
        Arrival("desk", key, "desk", Operator("desk:Anna Bianchi", "Anna Bianchi")) for key in ("one", "two")
    ]
    await command(desk, "Marco Rossi", "here")
    await desk.hub.operator_commanded(words[0], None, Command("here", ""))
    await desk.hub.operator_commanded(words[1], None, Command("away", "20m"))
    await desk.hub.operator_commanded(words[0], None, Command("here", ""))
    assert "Presenti: Marco Rossi." in desk.hub.office_in_words()


async def test_the_desk_has_a_button_for_it(desk: RunningHub) -> None:
    async with Citizen(desk.url) as browser:
        await browser.http.get(desk.desk_link, follow_redirects=True)
        page = (await browser.http.get("/desk")).text
        csrf = page.partition('name="csrf" value="')[2].partition('"')[0]
        assert 'value="here"' in page
        answer = await browser.http.post(
            "/desk/office", data={"csrf": csrf, "command": "here", "until": "11"}
        )
        assert answer.status_code == 303
        assert "Presenti: URP – Comune di Prova." in (await browser.http.get("/desk")).text


async def test_the_words_work_on_slack_and_on_telegram(
    tmp_path: Path, slack: SlackStandIn, telegram: TelegramStandIn
) -> None:
    async with hub_at(tmp_path, slack=slack, telegram=telegram):
        await slack.wait_for(lambda: slack.connected == 1, PATIENCE)
        await listening(telegram)
        await slack.operator_says("anna", "!here")
        await slack.wait_for(lambda: slack.messages()[-1].text == "Presenti: Anna Bianchi.", PATIENCE)
        await telegram.operator_says("marco", "/here")
        await telegram.wait_for(
            lambda: telegram.messages()[-1].text == "Presenti: Anna Bianchi, Marco Rossi.", PATIENCE
        )
        await slack.operator_says("anna", "!away 20m")
        for stand_in in (slack, telegram):
            await stand_in.wait_for(
                lambda stand_in=stand_in: "Anna Bianchi torna subito" in stand_in.messages()[-1].text,
                PATIENCE,
            )


class TestSlacksOwnPresence:
    async def test_while_all_are_away_at_slack_it_is_told_until_one_is_back(
        self, tmp_path: Path, slack: SlackStandIn
    ) -> None:
        clock = Clock(rome("2026-11-18 09:00"))
        async with hub_at(tmp_path, slack=slack, clock=clock, hours=WEEK) as office:
            await slack.wait_for(lambda: slack.connected == 1, PATIENCE)
            await soon(lambda: office.hub.bridges["slack"].health.connected)
            await look(office, 3)
            assert "Siamo qui" in await read(office)
            for name in ("anna", "marco"):
                slack.operator_is(name, active=False)
            await look(office, 3)
            assert AT_THE_DESK in await read(office)
            await slack.wait_for(lambda: any(NOBODY in m.text for m in slack.messages()), PATIENCE)
            slack.operator_is("marco", active=True)
            await look(office)
            assert "Siamo qui" in await read(office)
            asked = [call.method for call in slack.calls].count("users.getPresence")
            await look(office, 3)
            again = [call.method for call in slack.calls].count("users.getPresence")
            assert again - asked == 3  # whoever was there last is asked first

    async def test_other_apps_that_are_always_there_are_nobody(
        self, tmp_path: Path, slack: SlackStandIn
    ) -> None:
        bot = slack.add_user("giphy", "Giphy")
        slack.workspace.users[bot].is_bot = True
        for name in ("anna", "marco"):
            slack.operator_is(name, active=False)
        clock = Clock(rome("2026-11-18 09:00"))
        async with hub_at(tmp_path, slack=slack, clock=clock, hours=WEEK) as office:
            await soon(lambda: office.hub.bridges["slack"].health.connected)
            await look(office, 3)
            assert AT_THE_DESK in await read(office)

    async def test_where_others_answer_from_telegram_it_says_nothing(
        self, tmp_path: Path, slack: SlackStandIn, telegram: TelegramStandIn
    ) -> None:
        for name in ("anna", "marco"):
            slack.operator_is(name, active=False)
        clock = Clock(rome("2026-11-18 09:00"))
        async with hub_at(tmp_path, slack=slack, telegram=telegram, clock=clock, hours=WEEK) as office:
            await soon(lambda: office.hub.bridges["slack"].health.connected)
            await look(office, 3)
            assert "Siamo qui" in await read(office)

    async def test_without_the_right_to_ask_it_says_nothing_and_is_asked_once(self, tmp_path: Path) -> None:
        scopes = frozenset({"chat:write", "channels:history", "channels:read"})
        clock = Clock(rome("2026-11-18 09:00"))
        async with (
            SlackStandIn(scopes=scopes) as slack,
            hub_at(tmp_path, slack=slack, clock=clock, hours=WEEK) as office,
        ):
            await soon(lambda: office.hub.bridges["slack"].health.connected)
            await look(office, 3)
            assert "Siamo qui" in await read(office)
            assert [call.method for call in slack.calls].count("users.getPresence") == 1
