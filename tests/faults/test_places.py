"""Operators' place changes under live conversations: another channel, the bot thrown out, its token revoked."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.citizen import Citizen
from tests.faults.test_lines import away, passes, status, told
from tests.hub import RunningHub, hub_at
from tests.office import soon, texts, until
from tests.platforms.slack import LostReply, SlackStandIn
from tests.platforms.slack import Refused as SlackRefused
from tests.platforms.telegram import Shown, TelegramStandIn
from tests.simulation import SimulatedClock
from tests.slack_office import asks as asks_on_slack
from tests.slack_office import slack_fixture
from tests.telegram_office import PATIENCE, listening, problem, telegram_fixture
from tests.telegram_office import asks as asks_on_telegram

__all__ = ["slack_fixture", "telegram_fixture"]


async def health(citizen: Citizen, name: str) -> dict[str, Any]:
    """What ``/readyz`` says of a bridge."""
    report: dict[str, Any] = (await citizen.http.get("/readyz")).json()["bridges"][name]
    return report


async def problem_is(citizen: Citizen, name: str, kind: str | None) -> dict[str, Any]:
    """Return once ``/readyz`` says so of a bridge."""
    async with asyncio.timeout(PATIENCE):
        while True:
            report = await health(citizen, name)
            if report["problem_kind"] == kind:
                return report
            await asyncio.sleep(0.02)


# Another channel in config.yaml ------------------------------------------------------------------


async def moved_to(office: RunningHub, platform: str, place: str | int, api_url: str) -> None:
    """The administrator writes another channel into ``config.yaml``, and it is in force."""
    key = "channel" if platform == "slack" else "chat"
    office.rewrite(bridges={platform: {key: place, "api_url": api_url}})
    await soon(lambda: office.hub.bridges[platform].destination(None) == str(place))


@pytest.mark.parametrize("how", ["the app left it", "archived", "gone while an answer was lost"])
async def test_a_conversation_whose_old_slack_channel_is_shut_goes_on_in_the_new_one(
    slack: SlackStandIn, tmp_path: Path, how: str
) -> None:
    async with hub_at(tmp_path, slack=slack) as office, Citizen(office.url) as maria:
        root = await asks_on_slack(maria, slack)
        new = slack.add_channel("urp-nuovo")
        if how == "the app left it":
            slack.remove_bot()
        elif how == "archived":
            slack.archive()
        else:
            slack.faults.add("chat.postMessage", LostReply())
            slack.faults.add("conversations.replies", SlackRefused("channel_not_found"), times=None)
        await maria.say("due")
        await maria.say("tre")
        await moved_to(office, "slack", new, slack.api_url)
        (there,) = await slack.wait_for(lambda: slack.messages(new), PATIENCE)
        await slack.wait_for(lambda: "tre" in slack.thread(there.ts)[-1].text, PATIENCE)
        assert "Maria Rossi" in there.text
        shown = "\n".join(message.text for message in slack.thread(there.ts))
        assert [word for word in shown.split() if word in ("due", "tre")] == ["due", "tre"]
        await slack.operator_says("anna", "Eccomi", thread_ts=there.ts)
        await until(office, maria, lambda found: "Eccomi" in texts(found))
        assert (await health(maria, "slack"))["problem"] is None
        assert len(slack.messages()) == 1, "nothing new where it was"
        assert root.ts == slack.messages()[0].ts


async def test_a_wrong_slack_channel_is_told_until_it_is_corrected(
    slack: SlackStandIn, tmp_path: Path
) -> None:
    right, slack.channel = slack.channel, "C0WRONG0001"
    async with hub_at(tmp_path, slack=slack) as office, Citizen(office.url) as maria:
        await maria.start("Buongiorno", name="Maria Rossi")
        await problem_is(maria, "slack", "unknown_channel")
        slack.channel = right
        await moved_to(office, "slack", right, slack.api_url)
        await problem_is(maria, "slack", None)
        await slack.wait_for(slack.messages, PATIENCE)


async def test_a_conversation_whose_old_telegram_group_threw_the_bot_out_goes_on_in_the_new_one(
    telegram: TelegramStandIn, tmp_path: Path
) -> None:
    async with hub_at(tmp_path, telegram=telegram) as office, Citizen(office.url) as maria:
        topic = await asks_on_telegram(maria, telegram)
        new = telegram.add_chat(title="URP nuovo")
        telegram.set_rights(status="kicked")
        await maria.say("due")
        await maria.say("tre")
        await moved_to(office, "telegram", new, telegram.api_url)
        (there,) = await telegram.wait_for(lambda: telegram.topics(new), PATIENCE)

        def shown() -> list[Shown]:
            return telegram.thread(there.id, new)

        await telegram.wait_for(lambda: shown() and "tre" in shown()[-1].text, PATIENCE)
        words = " ".join(message.text for message in shown()).split()
        assert [word for word in words if word in ("due", "tre")] == ["due", "tre"]
        await telegram.operator_says("anna", "Eccomi", thread=there.id, chat=new)
        await until(office, maria, lambda found: "Eccomi" in texts(found))
        assert (await health(maria, "telegram"))["problem"] is None
        assert len(telegram.thread(topic.id)) == 1


async def test_a_wrong_telegram_group_is_told_until_it_is_corrected(
    telegram: TelegramStandIn, tmp_path: Path
) -> None:
    right, telegram.chat = telegram.chat, -1_009_999_999_999
    async with hub_at(tmp_path, telegram=telegram) as office, Citizen(office.url) as maria:
        await problem_is(maria, "telegram", "unknown_chat")
        await maria.start("Buongiorno", name="Maria Rossi")
        telegram.chat = right
        await moved_to(office, "telegram", right, telegram.api_url)
        await problem_is(maria, "telegram", None)
        await telegram.wait_for(telegram.topics, PATIENCE)


# The bot's place in the group --------------------------------------------------------------------


@pytest.mark.parametrize("how", ["kicked", "left"])
async def test_an_office_whose_bot_was_thrown_out_takes_contact_details_until_it_is_back(
    telegram: TelegramStandIn, tmp_path: Path, how: str
) -> None:
    async with hub_at(tmp_path, telegram=telegram) as office, Citizen(office.url) as maria:
        topic = await asks_on_telegram(maria, telegram)
        await listening(telegram)
        clock = SimulatedClock()
        office.hub.watch._clock = clock

        telegram.set_rights(status=how)
        await away(office, "telegram", True)  # found out before anybody has written
        report = await health(maria, "telegram")
        assert (report["connected"], report["problem_kind"], report["backlog"]) == (True, "not_in_chat", 0)
        metrics = (await maria.http.get("/metrics")).text
        assert 'linea_bridge_problem{bridge="telegram",kind="not_in_chat"} 1.0' in metrics
        assert (await maria.say("due")).status_code == 201
        await passes(clock)
        await told(office, {"telegram"})
        assert not (await status(maria))["open"]

        telegram.set_rights(status="administrator")
        await telegram.wait_for(lambda: "due" in telegram.thread(topic.id)[-1].text, PATIENCE)
        await problem_is(maria, "telegram", None)
        await away(office, "telegram", False)
        await passes(clock)
        await told(office, set())
        assert (await status(maria))["open"]
        shown = [message.text for message in telegram.thread(topic.id)]
        assert len([text for text in shown if "due" in text]) == 1


async def test_a_bot_that_may_not_write_says_so_and_sends_what_waits_once_it_may(
    telegram: TelegramStandIn, tmp_path: Path
) -> None:
    async with hub_at(tmp_path, telegram=telegram) as office, Citizen(office.url) as maria:
        topic = await asks_on_telegram(maria, telegram)
        await listening(telegram)
        telegram.set_rights(can_send_messages=False)
        await maria.say("due")
        await maria.say("tre")
        report = await problem_is(maria, "telegram", "lost_rights")
        assert report["backlog"] == 2
        await away(office, "telegram", True)
        telegram.set_rights(can_send_messages=True)
        await telegram.wait_for(lambda: "tre" in telegram.thread(topic.id)[-1].text, PATIENCE)
        await problem_is(maria, "telegram", None)
        shown = " ".join(message.text for message in telegram.thread(topic.id)[1:])
        assert [word for word in shown.split() if word in ("due", "tre")] == ["due", "tre"]
        assert "forse ripetuto" not in shown


# Its token ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("at_once", [True, False], ids=["polling ends", "only calls are refused"])
async def test_a_telegram_token_revoked_and_restored_loses_nothing(
    telegram: TelegramStandIn, tmp_path: Path, at_once: bool
) -> None:
    async with hub_at(tmp_path, telegram=telegram) as office, Citizen(office.url) as maria:
        topic = await asks_on_telegram(maria, telegram)
        await listening(telegram)
        telegram.revoke(at_once=at_once)
        for word in ("due", "tre"):
            assert (await maria.say(word)).status_code == 201
        await problem_is(maria, "telegram", "invalid_token")
        await away(office, "telegram", True)
        report = await health(maria, "telegram")
        assert "TELEGRAM_BOT_TOKEN" in report["problem"]
        assert report["connected"] is not at_once
        assert report["backlog"] == 2
        await telegram.operator_says("anna", "intanto", thread=topic.id)

        telegram.restore()
        await until(office, maria, lambda found: "intanto" in texts(found))
        await telegram.wait_for(lambda: "tre" in telegram.thread(topic.id)[-1].text, PATIENCE)
        await soon(lambda: office.hub.bridges["telegram"].health.connected and not problem(office))
        await away(office, "telegram", False)
        said = [m.text for m in telegram.thread(topic.id)[1:] if m.is_bot]
        assert [word for word in " ".join(said).split() if word in ("due", "tre")] == ["due", "tre"]
        assert "forse ripetuto" not in " ".join(said)
        async with asyncio.timeout(PATIENCE):  # what is there is written down as that a moment later
            while (await health(maria, "telegram"))["backlog"]:  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(0.02)
