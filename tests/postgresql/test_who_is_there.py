"""Who is there is known to each of several hubs, wherever it was said or seen, and to the next leader."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from tests.citizen import Citizen, Stream
from tests.platforms.slack import SlackStandIn
from tests.postgres import PostgreSQL, postgresql
from tests.redis_server import Redis
from tests.region import PATIENCE, Region, RegionHub, desk_link
from tests.slack_office import slack_fixture

__all__ = ["slack_fixture"]

NOBODY = "non c'è nessuno"
NOBODY_IS_THERE = "non c’è nessuno"
"""As operators and as citizens read it."""
SOMEBODY_IS_THERE = "Siamo qui"


@pytest.fixture(scope="module", name="server")
def server_fixture() -> Iterator[PostgreSQL]:
    """A PostgreSQL of these tests' own."""
    with postgresql() as server:
        yield server


@pytest_asyncio.fixture(name="redis", params=["Redis", "no Redis"])
async def redis_fixture(request: pytest.FixtureRequest) -> AsyncIterator[Redis | None]:
    """What carries the bus: each test runs with a Redis, and with PostgreSQL alone."""
    if request.param == "no Redis":
        yield None
        return
    async with Redis() as redis:
        yield redis


@pytest_asyncio.fixture(name="region")
async def region_fixture(
    tmp_path: Path, server: PostgreSQL, redis: Redis | None, slack: SlackStandIn
) -> AsyncIterator[Region]:
    """Two hubs that look who is there every second."""
    region = Region(tmp_path, server, redis, ("all", "all"), slack=slack)
    for hub in region.hubs:
        hub.command = ["-m", "tests.looking"]
    try:
        await region.start()
        await region.leader()
        for hub in region.hubs:
            await region.until(hub, lambda report: report["hubs"] == 2 and report["bus"] == "ok")
        await slack.wait_for(lambda: slack.connected == 1, PATIENCE)
        yield region
    finally:
        await region.end()


def looks(slack: SlackStandIn) -> int:
    """How often it was looked whether Anna and Marco, who are away, are at Slack."""
    return [call.method for call in slack.calls].count("users.getPresence") // 2


async def read(hub: RegionHub) -> str:
    """What a citizen reads of the office."""
    async with Citizen(hub.url) as citizen:
        return str((await citizen.http.get("/api/status?lang=it")).json()["message"])


async def reads(hub: RegionHub, words: str) -> None:
    """Wait until a citizen reads this of the office."""
    async with asyncio.timeout(PATIENCE):
        while words not in await read(hub):  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.05)


async def tells(stream: Stream, words: str) -> None:
    """Wait until an open page is told this of the office."""
    async with asyncio.timeout(PATIENCE):
        while words not in (await stream.next("status")).data["message"]:
            pass


async def told(slack: SlackStandIn, text: str) -> None:
    """Wait until operators read this in the channel."""
    await slack.wait_for(lambda: any(text in message.text for message in slack.messages()), PATIENCE)


async def all_leave(slack: SlackStandIn, stream: Stream) -> None:
    """Nobody is at Slack any more, and a citizen's page says so."""
    for name in ("anna", "marco"):
        slack.operator_is(name, active=False)
    await tells(stream, NOBODY_IS_THERE)


@contextlib.asynccontextmanager
async def at_the_desk(hub: RegionHub) -> AsyncIterator[httpx.AsyncClient]:
    """The browser of an operator who has signed in at a hub's desk."""
    async with httpx.AsyncClient(base_url=hub.url, follow_redirects=True, timeout=30) as browser:
        assert (await browser.get(desk_link(hub))).status_code == 200
        yield browser


async def test_that_nobody_is_there_is_read_at_the_other_hub_and_after_the_leaders_end(
    region: Region, slack: SlackStandIn
) -> None:
    leader = await region.leader()
    (other,) = region.standbys(leader)
    async with Citizen(other.url) as maria:
        assert (await maria.start("Buongiorno")).status_code == 201
        async with maria.listening() as stream:
            await all_leave(slack, stream)
            await reads(leader, NOBODY_IS_THERE)
            await told(slack, NOBODY)

            await leader.kill()
            assert await region.leader() is other
            assert NOBODY_IS_THERE in await read(other)
            before = looks(slack)
            await slack.wait_for(lambda: looks(slack) >= before + 4, PATIENCE)
            assert NOBODY_IS_THERE in await read(other)
            assert [NOBODY in message.text for message in slack.messages()].count(True) == 1

            await slack.operator_says("anna", "!here")
            await tells(stream, SOMEBODY_IS_THERE)


async def test_an_open_desk_at_the_other_hub_is_somebody(region: Region, slack: SlackStandIn) -> None:
    leader = await region.leader()
    (other,) = region.standbys(leader)
    async with Citizen(leader.url) as maria, at_the_desk(other) as browser:
        assert (await maria.start("Buongiorno")).status_code == 201
        async with maria.listening() as stream:
            await all_leave(slack, stream)
            async with browser.stream("GET", "/desk/events") as events:
                assert events.status_code == 200
                await tells(stream, SOMEBODY_IS_THERE)
                await reads(other, SOMEBODY_IS_THERE)


async def test_whoever_answers_at_the_other_hubs_desk_is_there(region: Region, slack: SlackStandIn) -> None:
    leader = await region.leader()
    (other,) = region.standbys(leader)
    async with Citizen(leader.url) as maria, at_the_desk(other) as browser:
        assert (await maria.start("Buongiorno")).status_code == 201
        async with maria.listening() as stream:
            await all_leave(slack, stream)
            page = (await browser.get(f"/desk/{maria.id}")).text
            csrf = page.partition('name="csrf" value="')[2].partition('"')[0]
            form = {"csrf": csrf, "text": "Eccomi"}
            assert (await browser.post(f"/desk/{maria.id}/reply", data=form)).status_code == 200
            await tells(stream, SOMEBODY_IS_THERE)


async def test_who_is_away_is_away_at_the_other_hub_and_for_the_next_leader(
    region: Region, slack: SlackStandIn
) -> None:
    leader = await region.leader()
    (other,) = region.standbys(leader)
    await slack.operator_says("anna", "!here")
    await told(slack, "Presenti: Anna Bianchi.")
    await slack.operator_says("marco", "!here")
    await told(slack, "Presenti: Anna Bianchi, Marco Rossi.")
    async with at_the_desk(other) as browser:
        await shows(browser, "Presenti: Anna Bianchi, Marco Rossi.")
        await slack.operator_says("anna", "!away 50m")
        await shows(browser, "Presenti: Marco Rossi.")

    assert await leader.stop() == 0
    assert await region.leader() is other
    await slack.wait_for(lambda: slack.connected == 1, PATIENCE)
    await slack.operator_says("marco", "!away 20m")  # the last one: the line closes
    await told(slack, "Marco Rossi torna subito")
    async with Citizen(other.url) as citizen:
        assert (await citizen.http.get("/api/status")).json()["open"] is False


async def shows(browser: httpx.AsyncClient, text: str) -> None:
    """Wait until the desk shows this."""
    async with asyncio.timeout(PATIENCE):
        while text not in (await browser.get("/desk")).text:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.05)
