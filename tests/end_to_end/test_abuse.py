"""Citizens who do not stop: blocks with an end, by conversation and by address, and floods that operators hear of."""

import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from models.tables import What
from routing.commands import Command
from tests.citizen import Citizen
from tests.hub import Clock, RunningHub, hub_at
from tests.office import entries, luca, texts, until
from tests.platforms.slack import Shown as SlackShown
from tests.platforms.slack import SlackStandIn
from tests.platforms.telegram import Shown as TelegramShown
from tests.platforms.telegram import TelegramStandIn
from tests.slack_office import asks, replies, slack_fixture  # noqa: F401 - used by name
from tests.telegram_office import PATIENCE, telegram_fixture  # noqa: F401 - used by name

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HOME, NEIGHBOUR = "203.0.113.7", "203.0.113.8"


class From(Citizen):
    """A citizen at an address, as a web server in front tells it."""

    def __init__(self, url: str, address: str) -> None:
        super().__init__(url)
        self.http.headers["X-Forwarded-For"] = address


@pytest.fixture
def clock() -> Clock:
    """Noon, until it is set forward."""
    return Clock(NOON)


@pytest_asyncio.fixture(name="office")
async def office_fixture(tmp_path: Path, clock: Clock) -> AsyncIterator[RunningHub]:
    """An office without platforms."""
    async with hub_at(tmp_path, clock=clock) as running:
        yield running


async def blocks(office: RunningHub, citizen: Citizen, how: str = "", *, key: str = "b") -> None:
    """A colleague at the desk blocks the citizen."""
    await office.hub.operator_commanded(luca(key), citizen.id, Command("block", how))


async def callback(citizen: Citizen) -> httpx.Response:
    """The citizen leaves contact details."""
    body = {"client_id": str(uuid.uuid4()), "name": "M", "phone": "055 88331", "text": "x", "consent": True}
    return await citizen.http.post("/api/callbacks", json=body)


async def test_a_blocked_citizen_can_neither_go_on_nor_begin_anew_until_the_block_ends(
    office: RunningHub, clock: Clock
) -> None:
    async with From(office.url, HOME) as citizen, From(office.url, HOME) as again:
        await citizen.start("spam")
        await blocks(office, citizen, "2h")
        refused = await citizen.say("spam")
        assert (refused.status_code, refused.json()["until"]) == (403, "2026-11-23T14:00:00+00:00")
        assert (await again.start("spam")).status_code == 403
        assert (await callback(again)).status_code == 403
        page = await again.http.post(
            "/chat", data={"client_id": str(uuid.uuid4()), "text": "spam", "lang": "en"}
        )
        assert page.status_code == 403
        assert "the office takes no messages from here" in page.text
        clock.advance(timedelta(hours=2))
        assert (await citizen.say("scusate")).status_code == 201
        assert (await again.start("scusate")).status_code == 201


async def test_nor_can_they_go_on_elsewhere_in_a_conversation_from_the_same_address(
    office: RunningHub,
) -> None:
    async with From(office.url, HOME) as citizen, From(office.url, HOME) as other:
        await other.start("Buongiorno")
        await citizen.start("spam")
        await blocks(office, citizen)
        assert (await other.say("spam")).status_code == 403


async def test_a_block_without_words_lasts_a_day(office: RunningHub) -> None:
    async with From(office.url, HOME) as citizen:
        await citizen.start("spam")
        await blocks(office, citizen)
        assert (await citizen.say("spam")).json()["until"] == "2026-11-24T12:00:00+00:00"


async def test_words_that_are_no_time_block_nobody_and_are_told(office: RunningHub) -> None:
    async with From(office.url, HOME) as citizen:
        await citizen.start("spam")
        await blocks(office, citizen, "per sempre")
        assert "per sempre" in texts(await entries(office, citizen), What.ANSWER)[-1]
        assert (await citizen.say("spam")).status_code == 201


async def test_others_are_not_blocked_with_them(office: RunningHub) -> None:
    async with From(office.url, HOME) as citizen, From(office.url, NEIGHBOUR) as neighbour:
        await citizen.start("spam")
        await blocks(office, citizen)
        assert (await neighbour.start("Buongiorno")).status_code == 201
        assert (await neighbour.say("Grazie")).status_code == 201


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "::1"])
async def test_behind_a_proxy_that_says_not_for_whom_it_speaks_only_the_conversation_is_blocked(
    office: RunningHub, address: str
) -> None:
    async with From(office.url, address) as citizen, From(office.url, address) as other:
        await citizen.start("spam")
        await blocks(office, citizen)
        assert (await citizen.say("spam")).status_code == 403
        assert (await other.start("Buongiorno")).status_code == 201


async def test_unblock_lets_them_write_again_at_once(office: RunningHub) -> None:
    async with From(office.url, HOME) as citizen, From(office.url, HOME) as again:
        await citizen.start("spam")
        await blocks(office, citizen)
        await office.hub.operator_commanded(luca("u"), citizen.id, Command("unblock"))
        assert (await citizen.say("Buongiorno")).status_code == 201
        assert (await again.start("Buongiorno")).status_code == 201
        kinds = [entry.kind for entry in await entries(office, citizen, What.BLOCKED, What.UNBLOCKED)]
        assert kinds == [What.BLOCKED, What.UNBLOCKED]


async def test_a_command_that_arrives_again_after_the_block_was_lifted_blocks_nobody(
    office: RunningHub,
) -> None:
    async with From(office.url, HOME) as citizen:
        await citizen.start("spam")
        await blocks(office, citizen)
        await office.hub.operator_commanded(luca("u"), citizen.id, Command("unblock"))
        await blocks(office, citizen)
        assert (await citizen.say("Buongiorno")).status_code == 201


async def test_a_block_outlives_a_restart_and_the_erasing_of_what_was_written(
    tmp_path: Path, clock: Clock
) -> None:
    async with hub_at(tmp_path, clock=clock) as office, From(office.url, HOME) as citizen:
        await citizen.start("spam")
        await blocks(office, citizen)
        assert (await citizen.call("DELETE", "")).status_code == 204
    async with hub_at(tmp_path, clock=clock) as office, From(office.url, HOME) as citizen:
        assert (await citizen.start("spam")).status_code == 403
        clock.advance(timedelta(hours=24))
        assert (await citizen.start("Buongiorno")).status_code == 201
    for path in (tmp_path / "data").iterdir():
        if path.is_file():
            assert HOME.encode() not in path.read_bytes()


async def test_a_flood_is_told_once_on_both_platforms_and_the_citizen_is_told_to_wait(
    slack: SlackStandIn, telegram: TelegramStandIn, tmp_path: Path
) -> None:
    limits = {"per_address": "unlimited", "per_conversation": "3/h"}
    async with (
        hub_at(tmp_path, slack=slack, telegram=telegram, limits=limits) as office,
        Citizen(office.url) as citizen,
    ):
        root = await asks(citizen, slack)
        answers = [await citizen.say(str(number)) for number in range(6)]
        assert [answer.status_code for answer in answers] == [201, 201, 201, 429, 429, 429]
        assert all(int(answer.headers["Retry-After"]) > 0 for answer in answers[3:])
        await slack.wait_for(lambda: any("più di 3 volte" in reply.text for reply in replies(slack, root)))
        (topic,) = telegram.topics()
        await telegram.wait_for(
            lambda: any("più di 3 volte" in message.text for message in telegram.thread(topic.id)), PATIENCE
        )
        assert len(await entries(office, citizen, What.ANSWER)) == 1


async def test_both_platforms_show_until_when_and_that_it_was_lifted(
    slack: SlackStandIn, tmp_path: Path
) -> None:
    async with (
        TelegramStandIn() as telegram,
        hub_at(tmp_path, slack=slack, telegram=telegram, clock=Clock(NOON)) as office,
        From(office.url, HOME) as citizen,
    ):
        await slack.wait_for(lambda: slack.connected == 1)
        root = await asks(citizen, slack)
        await slack.operator_says("anna", "!block 2h", thread_ts=root.ts)
        await until(office, citizen, lambda found: any(entry.kind == What.BLOCKED for entry in found))
        await slack.operator_says("anna", "!unblock", thread_ts=root.ts)
        await telegram.wait_for(
            lambda: (
                telegram.topics()
                and any("Blocco tolto da Anna" in m.text for m in telegram.thread(telegram.topics()[0].id))
            ),
            30,
        )
        shown = " ".join(message.text for message in telegram.thread(telegram.topics()[0].id))
        assert "Cittadino bloccato da Anna Bianchi fino alle 15:00" in shown


async def test_a_button_on_either_platform_blocks_for_as_long_as_is_chosen_and_lifts_it(
    slack: SlackStandIn, telegram: TelegramStandIn, tmp_path: Path
) -> None:
    clock = Clock(NOON)
    async with (
        hub_at(tmp_path, slack=slack, telegram=telegram, clock=clock) as office,
        From(office.url, HOME) as citizen,
    ):
        await slack.wait_for(lambda: slack.connected == 1)
        root = await asks(citizen, slack)
        (topic,) = await telegram.wait_for(telegram.topics, PATIENCE)
        (first,) = await telegram.wait_for(lambda: telegram.thread(topic.id), PATIENCE)

        async def both_show(slacks: str, telegrams: str, *, told: str = "") -> None:
            def as_wanted(shown: SlackShown | TelegramShown, button: str) -> bool:
                return button in shown.buttons and told in shown.text and ("🚫" in shown.text) == bool(told)

            await slack.wait_for(lambda: as_wanted(slack.thread(root.ts)[0], slacks), PATIENCE)
            await telegram.wait_for(lambda: as_wanted(telegram.thread(topic.id)[0], telegrams), PATIENCE)

        await slack.operator_presses("anna", root.ts, "block", option=f"{citizen.id}:1h")
        await both_show("unblock", "Togli il blocco", told="bloccato da Anna Bianchi fino alle 14:00")
        assert (await citizen.say("spam")).json()["until"] == "2026-11-23T13:00:00+00:00"

        await telegram.operator_presses("marco", first.id, "unblock")
        await both_show("block", "Blocca…")
        assert (await citizen.say("Buongiorno")).status_code == 201

        await telegram.operator_presses("marco", first.id, "block")
        await telegram.wait_for(
            lambda: "Blocca per una settimana" in telegram.thread(topic.id)[0].buttons, PATIENCE
        )
        assert (await citizen.say("Ci siete?")).status_code == 201, "blocked before it was said how long"
        await telegram.operator_presses("marco", first.id, "←")
        await telegram.wait_for(lambda: "Blocca…" in telegram.thread(topic.id)[0].buttons, PATIENCE)
        await telegram.operator_presses("marco", first.id, "block")
        await telegram.wait_for(
            lambda: "Blocca per una settimana" in telegram.thread(topic.id)[0].buttons, PATIENCE
        )
        await telegram.operator_presses("marco", first.id, "Blocca per una settimana")
        await both_show("unblock", "Togli il blocco", told="bloccato da Marco Rossi fino al 30/11/2026")
        assert (await citizen.say("spam")).json()["until"] == "2026-11-30T12:00:00+00:00"
        await slack.operator_presses("anna", root.ts, "unblock")
        await both_show("block", "Blocca…")
        kinds = [entry.kind for entry in await entries(office, citizen, What.BLOCKED, What.UNBLOCKED)]
        assert kinds == [What.BLOCKED, What.UNBLOCKED] * 2


async def test_once_a_block_is_over_it_can_be_put_again(
    slack: SlackStandIn, telegram: TelegramStandIn, tmp_path: Path
) -> None:
    clock = Clock(NOON)
    async with (
        hub_at(tmp_path, slack=slack, telegram=telegram, clock=clock) as office,
        From(office.url, HOME) as citizen,
    ):
        await slack.wait_for(lambda: slack.connected == 1)
        root = await asks(citizen, slack)
        await slack.operator_presses("anna", root.ts, "block", option=f"{citizen.id}:1h")
        await slack.wait_for(lambda: "unblock" in slack.thread(root.ts)[0].buttons, PATIENCE)
        clock.advance(timedelta(hours=1))
        await citizen.say("Scusate")
        await slack.operator_says("anna", "Prego", thread_ts=root.ts)
        await slack.wait_for(lambda: "block" in slack.thread(root.ts)[0].buttons, PATIENCE)
        assert "🚫" not in slack.thread(root.ts)[0].text
