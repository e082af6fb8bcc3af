"""A platform stays away: operators elsewhere are told once, and once when it is back; no citizen talks to nobody."""

import asyncio
from pathlib import Path

import httpx
import pytest

from routing.watch import Watch
from tests.citizen import Citizen
from tests.hub import RunningHub, hub_at
from tests.office import soon
from tests.platforms.slack import SlackStandIn
from tests.platforms.telegram import TelegramStandIn
from tests.simulation import SimulatedClock

PATIENCE = 40.0


def outside(telegram: TelegramStandIn) -> list[str]:
    """What stands in the group itself, outside the conversations."""
    return [message.text for message in telegram.messages()]


async def away(office: RunningHub, name: str, away: bool) -> None:
    """Return once the hub has noticed; the bridge's health is all that tells of it."""
    async with asyncio.timeout(PATIENCE):
        while office.hub.watch._well.get(name, True) == away:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def passes(clock: SimulatedClock) -> None:
    """The time passes for which the hub waits, as soon as it does."""
    await soon(lambda: any(not alarm.done() for _, _, alarm in clock._timers))
    assert clock.jump()


async def test_an_outage_is_told_once_elsewhere_and_a_cut_off_office_takes_contact_details(
    tmp_path: Path,
) -> None:
    async with (
        SlackStandIn() as slack,
        TelegramStandIn() as telegram,
        hub_at(tmp_path, slack=slack, telegram=telegram) as office,
        Citizen(office.url) as maria,
    ):
        await slack.wait_for(lambda: slack.connected == 1, PATIENCE)
        await telegram.wait_for(lambda: telegram.updates.is_polled, PATIENCE)
        clock = SimulatedClock()
        office.hub.watch._clock = clock

        await slack.stop()
        await away(office, "slack", True)
        assert not outside(telegram)
        await passes(clock)
        await telegram.wait_for(lambda: outside(telegram), PATIENCE)
        assert "Slack non è raggiungibile" in outside(telegram)[0]
        assert (await status(maria))["open"]

        await telegram.stop()
        await away(office, "telegram", True)
        assert (await status(maria))["open"]
        await passes(clock)
        await told(office, {"slack", "telegram"})
        closed = await status(maria)
        assert not closed["open"]
        assert "non riusciamo a metterci in contatto" in str(closed["message"])
        assert (await maria.start("C'è qualcuno?")).status_code == 409
        assert 'data-view="callback"' in (await maria.http.get("/chat")).text, "the form is what works"

        await telegram.start()
        await away(office, "telegram", False)
        await passes(clock)
        await told(office, {"slack"})
        assert (await status(maria))["open"]
        assert (await maria.start("C'è qualcuno?")).status_code == 201
        report = (await maria.http.get("/readyz")).json()["bridges"]["slack"]
        assert report["problem_kind"] == "unreachable"
        assert report["backlog"] >= 1
        assert report["oldest_waiting_seconds"] >= 0
        metrics = (await maria.http.get("/metrics")).text
        assert 'linea_bridge_problem{bridge="slack",kind="unreachable"} 1.0' in metrics


async def status(citizen: Citizen) -> dict[str, object]:
    answer: httpx.Response = await citizen.http.get("/api/status")
    found: dict[str, object] = answer.json()
    return found


async def told(office: RunningHub, names: set[str]) -> None:
    async with asyncio.timeout(PATIENCE):
        while office.hub.watch.away != names:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_a_blip_of_seconds_is_no_news() -> None:
    clock = SimulatedClock()
    heard: list[tuple[str, bool]] = []

    async def tell(name: str, back: bool) -> None:
        heard.append((name, back))

    watch = Watch(clock, tell)
    watch.saw("slack", well=True)
    watch.saw("slack", well=False)
    watch.saw("slack", well=True)
    assert not clock.jump()
    assert not heard


async def test_an_archived_channel_counts_as_away_and_what_waits_arrives_once_it_is_back(
    tmp_path: Path,
) -> None:
    async with (
        SlackStandIn() as slack,
        TelegramStandIn() as telegram,
        hub_at(tmp_path, slack=slack, telegram=telegram) as office,
        Citizen(office.url) as maria,
    ):
        await slack.wait_for(lambda: slack.connected == 1, PATIENCE)
        await telegram.wait_for(lambda: telegram.updates.is_polled, PATIENCE)
        clock = SimulatedClock()
        office.hub.watch._clock = clock
        assert (await maria.start("Buongiorno", name="Maria Rossi")).status_code == 201
        (root,) = await slack.wait_for(slack.messages, PATIENCE)
        slack.archive()
        await maria.say("Ci siete?")
        await away(office, "slack", True)
        report = (await maria.http.get("/readyz")).json()["bridges"]["slack"]
        assert (report["connected"], report["problem_kind"]) == (True, "archived")
        await passes(clock)
        await telegram.wait_for(lambda: outside(telegram), PATIENCE)
        await told(office, {"slack"})

        slack.archive(archived=False)
        await slack.wait_for(lambda: "Ci siete?" in slack.thread(root.ts)[-1].text, PATIENCE)
        await away(office, "slack", False)
        await passes(clock)
        await told(office, set())


async def test_what_waits_for_a_platform_that_was_switched_off_is_told_at_the_start(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with SlackStandIn() as slack:
        await slack.stop()
        async with hub_at(tmp_path, slack=slack) as office, Citizen(office.url) as maria:
            assert (await maria.start("Buongiorno")).status_code == 201
    async with hub_at(tmp_path) as office, Citizen(office.url) as maria:
        assert "slack is off and 1 deliveries wait for it" in caplog.text
        assert 'linea_deliveries{bridge="slack"' in (await maria.http.get("/metrics")).text


async def test_the_desk_hears_of_a_platform_that_is_away(tmp_path: Path) -> None:
    async with hub_at(tmp_path) as office, httpx.AsyncClient(base_url=office.url, timeout=30) as anna:
        await anna.get(office.desk_link, follow_redirects=True)
        async with anna.stream("GET", "/desk/events") as answer:
            lines = answer.aiter_lines()
            await anext(lines)
            await office.hub._line_changed("slack", back=False)
            async for line in lines:
                if line == "event: notice":
                    break
            assert "Slack non" in await anext(lines)
