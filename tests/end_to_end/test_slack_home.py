"""The app's home tab on Slack: what is open, whether the office is there, and nothing for who is not of the office."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest_asyncio

from tests.citizen import Citizen
from tests.hub import RunningHub, hub_at
from tests.platforms.slack import Refused, SlackStandIn
from tests.slack_office import asks, slack_fixture  # noqa: F401 - used by name

PRIVATE = "Servizi sociali"


@pytest_asyncio.fixture(name="office")
async def office_fixture(tmp_path: Path, slack: SlackStandIn) -> AsyncIterator[RunningHub]:
    """An office, one department of which has a private channel that Marco is not in."""
    channel = slack.add_channel("sociali", private=True)
    slack.workspace.channels[channel].members.discard(_user(slack, "marco"))
    departments = [{"name": PRIVATE, "slack": {"channel": channel}}]
    async with hub_at(tmp_path, slack=slack, departments=departments) as running:
        await slack.wait_for(lambda: slack.connected == 1)
        yield running


def _user(slack: SlackStandIn, name: str) -> str:
    found = slack.workspace.find_user(name)
    assert found
    return found


def shown(slack: SlackStandIn, user: str) -> str:
    """What somebody's home tab says."""
    home: dict[str, Any] = slack.homes.get(_user(slack, user), {})
    return str(home.get("blocks", ""))


async def test_it_lists_what_is_open_with_the_way_there_and_who_waits_first(
    slack: SlackStandIn, office: RunningHub
) -> None:
    async with Citizen(office.url) as maria, Citizen(office.url) as luigi:
        taken = await asks(maria, slack)
        await slack.operator_presses("anna", taken.ts, "take")
        await slack.wait_for(lambda: "Se ne occupa" in slack.messages()[0].text)
        await luigi.start("Aspetto", name="Luigi <!channel>")
        async with luigi.listening() as stream:
            await stream.next("delivered")
        waits = slack.messages()[1]
        await slack.operator_opens_home("anna")
        await slack.wait_for(lambda: "Conversazioni aperte: 2" in shown(slack, "anna"))
        text = shown(slack, "anna")
        assert "Adesso l'ufficio è aperto" in text
        assert text.index("🟡 Luigi <!channel>") < text.index("🟢 Maria Rossi")
        assert waits.ts.replace(".", "") in text
        assert slack.workspace.mentioned == []
        await slack.operator_says("anna", "!close", thread_ts=waits.ts)
        await slack.operator_says("anna", "!close", thread_ts=taken.ts)
        await slack.wait_for(lambda: all("chiusa da" in message.text for message in slack.messages()))
        await slack.operator_opens_home("anna")
        await slack.wait_for(lambda: "Nessuna conversazione aperta" in shown(slack, "anna"))


async def test_who_is_not_in_a_channel_reads_nothing_of_it(slack: SlackStandIn, office: RunningHub) -> None:
    guest = slack.add_user("ospite", "Un Ospite")
    for channel in slack.workspace.channels.values():
        channel.members.discard(guest)
    async with Citizen(office.url) as maria:
        await maria.start("Buongiorno", name="Maria Rossi", department=PRIVATE)
        async with maria.listening() as stream:
            await stream.next("delivered")
        for user in ("anna", "marco", "ospite"):
            await slack.operator_opens_home(user)
            await slack.wait_for(lambda user=user: shown(slack, user))
        assert "Maria Rossi" in shown(slack, "anna")
        assert "Nessuna conversazione aperta" in shown(slack, "marco")
        assert "è per chi è nel canale" in shown(slack, "ospite")
        assert "Maria" not in shown(slack, "ospite")


async def test_here_and_away_are_a_press_there(slack: SlackStandIn, office: RunningHub) -> None:
    await slack.operator_opens_home("anna")
    await slack.wait_for(lambda: "home-here" in shown(slack, "anna"))
    await slack.operator_presses_at_home("anna", "home-here")
    await slack.wait_for(lambda: "Presenti: Anna Bianchi" in shown(slack, "anna"))
    await slack.operator_presses_at_home("anna", "home-away")
    await slack.wait_for(lambda: "Adesso l'ufficio è chiuso" in shown(slack, "anna"))
    assert not office.hub.office().open


async def test_a_slack_that_shows_no_home_disturbs_nothing(slack: SlackStandIn, office: RunningHub) -> None:
    slack.faults.add("views.publish", Refused("not_enabled"), times=None)
    await slack.operator_opens_home("anna")
    await slack.wait_for(lambda: [call for call in slack.calls if call.method == "views.publish"])
    async with Citizen(office.url) as maria:
        await asks(maria, slack)
    assert office.hub.bridges["slack"].health.problem is None
