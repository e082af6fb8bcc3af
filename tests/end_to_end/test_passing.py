"""Who has a conversation is clear to all; it is passed on with a note, to a department or a colleague."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from models.tables import What
from tests.both_office import Both, both_fixture, office_fixture  # noqa: F401 - used by name
from tests.citizen import Citizen
from tests.hub import RunningHub, hub_at
from tests.office import entries
from tests.platforms.slack import SlackStandIn
from tests.platforms.telegram import TelegramStandIn
from tests.slack_office import (
    asks,
    slack_fixture,  # noqa: F401 - used by name
)
from tests.telegram_office import PATIENCE, telegram_fixture  # noqa: F401 - used by name

HINT = "Se ne occupa già"


def _hints(both: Both) -> tuple[list[str], list[str]]:
    slack = [m.text for m in both.slack.thread(both.root) if HINT in m.text]
    telegram = [m.text for m in both.telegram.thread(both.topic.id) if HINT in m.text]
    return slack, telegram


async def test_who_writes_where_a_colleague_has_it_is_told_once_and_the_message_goes_all_the_same(
    both: Both,
) -> None:
    await both.from_slack("Buongiorno a lei", "anna")
    await both.telegram_shows("Anna Bianchi: Buongiorno a lei")
    await both.from_telegram("Ci penso io?", "marco")
    await both.telegram.wait_for(lambda: _hints(both)[1], PATIENCE)
    await both.slack_shows("Buongiorno a lei", "Marco Rossi: Ci penso io?")
    await both.from_telegram("Anzi no", "marco")
    await both.slack.wait_for(lambda: both.on_slack()[-1] == "Marco Rossi: Anzi no", PATIENCE)
    await both.from_slack("Grazie Marco", "anna")
    await both.slack_shows(
        "Buongiorno a lei", "Marco Rossi: Ci penso io?", "Marco Rossi: Anzi no", "Grazie Marco"
    )
    await both.telegram_shows(
        "Anna Bianchi: Buongiorno a lei", "Ci penso io?", "Anzi no", "Anna Bianchi: Grazie Marco"
    )
    on_slack, on_telegram = _hints(both)
    assert (len(on_slack), len(on_telegram)) == (0, 1)
    assert "Anna Bianchi" in on_telegram[0]
    transcript = (await both.maria.call("GET", "/transcript")).text
    assert "Ci penso io?" in transcript
    assert HINT not in transcript


async def test_it_is_passed_from_slack_to_a_colleague_on_telegram_with_a_note(both: Both) -> None:
    await both.from_telegram("Eccomi", "marco")
    await both.slack_shows("Marco Rossi: Eccomi")
    await both.from_slack("!take", "anna")
    await both.telegram.wait_for(lambda: both.on_telegram()[-1] == "Se ne occupa Anna Bianchi", PATIENCE)
    await both.from_slack("!pass @Marco Rossi chiede dell'IMU, lo conosci", "anna")
    passed = "Passata a Marco Rossi: chiede dell'IMU, lo conosci"
    await both.telegram.wait_for(lambda: both.on_telegram()[-1] == passed, PATIENCE)
    await both.slack.wait_for(lambda: both.on_slack()[-1] == passed, PATIENCE)
    info = await both.office.hub.conversation(both.maria.id)
    assert info is not None
    assert info.taken_by == "Marco Rossi"
    await both.slack.wait_for(lambda: "🟢 Se ne occupa Marco Rossi" in both.slack.thread(both.root)[0].text)
    assert "IMU" not in (await both.maria.call("GET", "/transcript")).text


async def test_a_mention_names_a_colleague_who_never_wrote(both: Both) -> None:
    both.slack.add_user("zeno", "Zeno Verdi")
    await both.from_slack("!pass @zeno lo conosci", "anna")
    await both.slack.wait_for(lambda: both.on_slack()[-1] == "Passata a Zeno Verdi: lo conosci", PATIENCE)
    zoe = both.telegram.add_user("zoe", "Zoe Neri")
    mention = {
        "type": "text_mention", "offset": 6, "length": 4,
        "user": {"id": zoe, "first_name": "Zoe", "last_name": "Neri", "is_bot": False},
    }  # fmt: skip
    command = {"type": "bot_command", "offset": 0, "length": 5}
    await both.telegram.operator_says(
        "marco", "/pass Zoe! urgente", thread=both.topic.id, entities=[command, mention]
    )
    await both.telegram.wait_for(lambda: both.on_telegram()[-1] == "Passata a Zoe Neri: urgente", PATIENCE)


async def test_nobody_of_that_name_is_said_with_what_can_be_written(both: Both) -> None:
    await both.from_slack("!pass Nessuno", "anna")
    await both.slack.wait_for(lambda: "collega" in both.on_slack()[-1], PATIENCE)
    assert not await entries(both.office, both.maria, What.PASSED)


@pytest_asyncio.fixture(name="two_channels")
async def two_channels_fixture(tmp_path: Path, slack: SlackStandIn) -> AsyncIterator[RunningHub]:
    """An office whose department has a channel of its own."""
    other = slack.add_channel("anagrafe")
    departments = [{"name": "Anagrafe", "slack": {"channel": other}}]
    async with hub_at(tmp_path, slack=slack, departments=departments) as running:
        await slack.wait_for(lambda: slack.connected == 1)
        yield running


async def test_the_note_is_with_the_story_where_the_department_answers(
    two_channels: RunningHub, slack: SlackStandIn
) -> None:
    async with Citizen(two_channels.url) as maria:
        root = await asks(maria, slack, "Come si cambia residenza?")
        await slack.operator_says("anna", "!pass anagrafe viene da Prato", thread_ts=root.ts)
        there = "anagrafe"
        await slack.wait_for(lambda: slack.messages(there), PATIENCE)
        (moved,) = slack.messages(there)
        await slack.wait_for(
            lambda: "📝 Anna Bianchi: viene da Prato" in "\n".join(m.text for m in slack.thread(moved.ts)),
            PATIENCE,
        )
        assert "Come si cambia residenza?" in "\n".join(m.text for m in slack.thread(moved.ts))
        assert "Prato" not in (await maria.call("GET", "/transcript")).text


async def test_the_desk_office_of_telegram_alone_passes_by_name(
    both: Both, telegram: TelegramStandIn
) -> None:
    await both.from_slack("Eccomi", "anna")
    await both.telegram_shows("Anna Bianchi: Eccomi")
    await both.from_telegram("/pass Anna, grazie", "marco")
    await telegram.wait_for(lambda: both.on_telegram()[-1] == "Passata a Anna Bianchi: grazie", PATIENCE)
