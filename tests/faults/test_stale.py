"""Events of long ago and in no order: what a platform tells late or again, across a restart too, changes nothing."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from models.journal import Record
from models.tables import What
from tests.citizen import Citizen
from tests.hub import RunningHub, hub_at
from tests.office import entries, soon, texts, until
from tests.platforms.slack import BOT_SCOPES, SlackStandIn
from tests.platforms.slack.sockets import Delivery
from tests.platforms.telegram import TelegramStandIn
from tests.slack_office import asks as asks_on_slack
from tests.slack_office import settled as settled_on_slack
from tests.telegram_office import asks as asks_on_telegram
from tests.telegram_office import settled as settled_on_telegram
from tests.telegram_office import telegram_fixture

__all__ = ["telegram_fixture"]


@asynccontextmanager
async def a_slack_that_shows_nothing_twice() -> AsyncIterator[SlackStandIn]:
    """Slack where threads cannot be read back: all that the hub hears is events."""
    async with SlackStandIn(scopes=BOT_SCOPES - {"channels:history", "groups:history"}) as slack:
        yield slack


def keep_back(slack: SlackStandIn) -> Delivery:
    """The event that was just made stays on its way."""
    return slack.socket_mode.deliveries.pop()


async def arrive(slack: SlackStandIn, late: Sequence[Delivery]) -> None:
    """Events that were kept back arrive after all, and are acknowledged."""
    slack.socket_mode.deliveries += late
    slack.socket_mode.redeliver()
    await settled_on_slack(slack)


async def back(office: RunningHub, citizen: Citizen, before: Citizen) -> list[Record]:
    """The same citizen at the hub after its restart; what is on record."""
    citizen.id, citizen.token = before.id, before.token
    return await entries(office, citizen)


async def test_an_edit_that_was_overtaken_before_a_restart_changes_nothing(tmp_path: Path) -> None:
    async with a_slack_that_shows_nothing_twice() as slack:
        async with hub_at(tmp_path, slack=slack) as office, Citizen(office.url) as maria:
            root = await asks_on_slack(maria, slack)
            await slack.wait_for(lambda: slack.connected == 1, 20)
            kept = await slack.operator_says("anna", "Alle 7", thread_ts=root.ts)
            gone = await slack.operator_says("anna", "mia password", thread_ts=root.ts)
            await settled_on_slack(slack)
            slack.socket_mode.hold()
            late = []
            for ts, text in ((kept, "Alle 8"), (gone, "mia password: 1234")):
                await slack.operator_edits(ts, text)
                late.append(keep_back(slack))
            slack.socket_mode.release()
            await slack.operator_edits(kept, "Alle 8:30")
            await slack.operator_deletes(gone)
            await until(office, maria, lambda found: [r for r in found if r.kind == What.DELETED])
            await settled_on_slack(slack)
        async with hub_at(tmp_path, slack=slack) as office, Citizen(office.url) as again:
            before = await back(office, again, maria)
            assert texts(before, What.EDITED) == ["Alle 8:30"]
            await slack.wait_for(lambda: slack.connected == 1, 20)
            await arrive(slack, late)
            assert await entries(office, again) == before


async def test_slack_telling_everything_again_after_a_restart_changes_nothing(tmp_path: Path) -> None:
    async with a_slack_that_shows_nothing_twice() as slack:
        async with hub_at(tmp_path, slack=slack) as office, Citizen(office.url) as maria:
            root = await asks_on_slack(maria, slack)
            await slack.wait_for(lambda: slack.connected == 1, 20)
            ts = await slack.operator_says("anna", "Alle 8", thread_ts=root.ts)
            await slack.operator_edits(ts, "Alle 8:30")
            gone = await slack.operator_says("anna", "no", thread_ts=root.ts, files=[("a.txt", b"ciao")])
            await settled_on_slack(slack)
            await slack.operator_deletes(gone)
            await slack.operator_says("marco", "!note richiamare", thread_ts=root.ts)
            await slack.operator_says("marco", "!close", thread_ts=root.ts)
            await until(office, maria, lambda found: [r for r in found if r.kind == What.CLOSED])
            await settled_on_slack(slack)
            await maria.say("Ancora una")
            await until(office, maria, lambda found: "Ancora una" in texts(found))
        async with hub_at(tmp_path, slack=slack) as office, Citizen(office.url) as again:
            before = await back(office, again, maria)
            await slack.wait_for(lambda: slack.connected == 1, 20)
            acknowledged = len(slack.acks)
            told = slack.socket_mode.redeliver(acked=True)
            assert told >= 7
            await slack.wait_for(lambda: len(slack.acks) >= acknowledged + told, 20)
            assert await entries(office, again) == before


async def test_telegram_telling_everything_again_after_a_restart_changes_nothing(
    telegram: TelegramStandIn, tmp_path: Path
) -> None:
    async with hub_at(tmp_path, telegram=telegram) as office, Citizen(office.url) as maria:
        topic = await asks_on_telegram(maria, telegram)
        said = await telegram.operator_says("anna", "Alle 8", thread=topic.id)
        await telegram.operator_edits(said, "Alle 8:30")
        await telegram.operator_edits(said, "Alle 9")
        await telegram.operator_says("marco", file=("note.txt", b"ciao"), thread=topic.id)
        await telegram.operator_says("marco", "/note richiamare", thread=topic.id)
        await telegram.operator_says("marco", "/close", thread=topic.id)
        await until(office, maria, lambda found: [r for r in found if r.kind == What.CLOSED])
        await settled_on_telegram(telegram)
        await maria.say("Ancora una")
        await until(office, maria, lambda found: "Ancora una" in texts(found))
    async with hub_at(tmp_path, telegram=telegram) as office, Citizen(office.url) as again:
        before = await back(office, again, maria)
        await settled_on_telegram(telegram)
        assert telegram.redeliver() >= 6
        await settled_on_telegram(telegram)
        assert await entries(office, again) == before


async def test_what_operators_did_in_a_conversation_that_was_erased_since_is_passed_over(
    tmp_path: Path,
) -> None:
    async with (
        SlackStandIn() as slack,
        hub_at(tmp_path, slack=slack) as office,
        Citizen(office.url) as maria,
        Citizen(office.url) as bruno,
    ):
        root = await asks_on_slack(maria, slack)
        await slack.wait_for(lambda: slack.connected == 1, 20)
        slack.socket_mode.hold()
        ts = await slack.operator_says("anna", "Alle 8", thread_ts=root.ts)
        await slack.operator_edits(ts, "Alle 8:30")
        await slack.operator_presses("anna", root.ts, "take")
        await slack.operator_deletes(ts)
        assert (await maria.call("DELETE", "")).status_code == 204
        slack.socket_mode.release(backwards=True)
        await settled_on_slack(slack)
        await slack.wait_for(lambda: all(shown.wire.tombstone for shown in slack.messages()), 20)
        assert len(slack.messages()) <= 1, "no colleague is told of what nobody has any more"
        other = await asks_on_slack(bruno, slack)
        await slack.operator_says("anna", "Eccomi", thread_ts=other.ts)
        found = await until(office, bruno, lambda found: "Eccomi" in texts(found))
        assert next(r for r in found if r.kind == What.OPERATOR).name == "Anna Bianchi"
        await soon(lambda: office.hub.bridges["slack"].health.connected)
