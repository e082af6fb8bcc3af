"""A line that takes everything and answers nothing: it is noticed, told and given up, and all arrives once."""

from pathlib import Path

import pytest

from tests.citizen import Citizen
from tests.faults.test_lines import away
from tests.faults.test_places import problem_is
from tests.hub import hub_at
from tests.office import soon, texts, until
from tests.platforms.slack import Hang, SlackStandIn
from tests.platforms.telegram import TelegramStandIn
from tests.slack_office import asks as asks_on_slack
from tests.slack_office import replies, slack_fixture
from tests.telegram_office import PATIENCE, listening, telegram_fixture
from tests.telegram_office import asks as asks_on_telegram

__all__ = ["slack_fixture", "telegram_fixture"]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bridges wait for an answer for seconds only: longer than any here takes that comes."""
    monkeypatch.setattr("bridges.slack.client._ANSWER", 4)
    monkeypatch.setattr("bridges.telegram.client._ANSWER", 4.0)
    monkeypatch.setattr("bridges.telegram.bridge._LONG_POLL", 2)


@pytest.mark.parametrize("done", [False, True], ids=["swallowed", "done and not answered"])
async def test_a_slack_that_takes_posts_in_silence_gets_each_once(
    slack: SlackStandIn, tmp_path: Path, done: bool
) -> None:
    async with hub_at(tmp_path, slack=slack) as office, Citizen(office.url) as maria:
        root = await asks_on_slack(maria, slack)
        silent = slack.faults.add("chat.postMessage", Hang(done=done), times=None)
        for word in ("due", "tre"):
            await maria.say(word)
        await problem_is(maria, "slack", "unreachable")
        await away(office, "slack", True)  # though its socket is well
        assert "given up" in [call.outcome for call in slack.calls]
        slack.faults.remove(silent)
        await slack.wait_for(
            lambda: [m.text.split()[-1] for m in replies(slack, root)] == ["due", "tre"], PATIENCE
        )
        await problem_is(maria, "slack", None)
        await away(office, "slack", False)


async def test_a_slack_socket_that_went_silent_is_given_up_and_nothing_is_missed(
    slack: SlackStandIn, tmp_path: Path
) -> None:
    async with hub_at(tmp_path, slack=slack) as office, Citizen(office.url) as maria:
        root = await asks_on_slack(maria, slack)
        opened = slack.socket_mode.opened
        slack.socket_mode.black_hole()
        await slack.operator_says("anna", "Alle 8:30", thread_ts=root.ts)
        await slack.wait_for(lambda: slack.socket_mode.opened > opened, PATIENCE)
        found = await until(office, maria, lambda found: "Alle 8:30" in texts(found))
        assert texts(found) == ["Buongiorno", "Alle 8:30"]
        await soon(lambda: office.hub.bridges["slack"].health.connected)


@pytest.mark.parametrize("door", ["auth.test", "apps.connections.open", "socket"])
async def test_a_slack_that_is_silent_while_the_line_is_opened_is_asked_again(
    slack: SlackStandIn, tmp_path: Path, door: str
) -> None:
    silent = slack.faults.add(door, Hang(), times=None)
    async with hub_at(tmp_path, slack=slack) as office, Citizen(office.url) as maria:
        await slack.wait_for(lambda: "given up" in [call.outcome for call in slack.calls], PATIENCE)
        await problem_is(maria, "slack", "unreachable")
        root = await asks_on_slack(maria, slack)  # this way needs no socket
        slack.faults.remove(silent)
        await slack.wait_for(lambda: slack.connected == 1, PATIENCE)
        await slack.operator_says("anna", "Alle 8:30", thread_ts=root.ts)
        await until(office, maria, lambda found: "Alle 8:30" in texts(found))
        await problem_is(maria, "slack", None)


@pytest.mark.parametrize("done", [False, True], ids=["swallowed", "done and not answered"])
async def test_a_telegram_that_takes_posts_in_silence_gets_each_once_unless_marked(
    telegram: TelegramStandIn, tmp_path: Path, done: bool
) -> None:
    async with hub_at(tmp_path, telegram=telegram) as office, Citizen(office.url) as maria:
        topic = await asks_on_telegram(maria, telegram)
        silent = telegram.faults.add("sendMessage", Hang(done=done), times=None)
        for word in ("due", "tre"):
            await maria.say(word)
        await problem_is(maria, "telegram", "unreachable")
        await away(office, "telegram", True)
        telegram.faults.remove(silent)

        def unmarked() -> list[str]:
            shown = [message.text for message in telegram.thread(topic.id)[1:]]
            return [text.split()[-1] for text in shown if "forse ripetuto" not in text]

        await telegram.wait_for(lambda: "tre" in telegram.thread(topic.id)[-1].text, PATIENCE)
        # What was sent again says so, whether it had arrived or not: nobody can know.
        assert unmarked() == (["due", "tre"] if done else ["tre"])
        await problem_is(maria, "telegram", None)
        await away(office, "telegram", False)


async def test_a_telegram_that_never_answers_a_poll_is_asked_again_and_nothing_is_missed(
    telegram: TelegramStandIn, tmp_path: Path
) -> None:
    async with hub_at(tmp_path, telegram=telegram) as office, Citizen(office.url) as maria:
        topic = await asks_on_telegram(maria, telegram)
        await listening(telegram)
        silent = telegram.faults.add("getUpdates", Hang(), times=None)
        await telegram.operator_says("anna", "uno", thread=topic.id)
        await telegram.operator_says("anna", "due", thread=topic.id)
        await telegram.wait_for(lambda: silent.hits, PATIENCE)
        await telegram.wait_for(lambda: "given up" in [call.outcome for call in telegram.calls], PATIENCE)
        await problem_is(maria, "telegram", "unreachable")
        telegram.faults.remove(silent)
        found = await until(office, maria, lambda found: "due" in texts(found))
        assert texts(found) == ["Buongiorno", "uno", "due"]
        await problem_is(maria, "telegram", None)


async def test_a_telegram_of_total_silence_is_told_and_gets_all_in_order_afterwards(
    telegram: TelegramStandIn, tmp_path: Path
) -> None:
    async with hub_at(tmp_path, telegram=telegram) as office, Citizen(office.url) as maria:
        topic = await asks_on_telegram(maria, telegram)
        await listening(telegram)
        silent = telegram.faults.add("*", Hang(), times=None)
        for word in ("due", "tre"):
            assert (await maria.say(word)).status_code == 201
        await telegram.operator_says("anna", "intanto", thread=topic.id)
        await problem_is(maria, "telegram", "unreachable")
        await away(office, "telegram", True)
        telegram.faults.remove(silent)
        await until(office, maria, lambda found: "intanto" in texts(found))
        await telegram.wait_for(lambda: "tre" in telegram.thread(topic.id)[-1].text, PATIENCE)
        said = " ".join(m.text for m in telegram.thread(topic.id)[1:] if m.is_bot)
        assert [word for word in said.split() if word in ("due", "tre")] == ["due", "tre"]
        await away(office, "telegram", False)
