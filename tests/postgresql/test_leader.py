"""One of several hubs leads: it alone talks to the platforms, and another follows on it whatever happens to it."""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.citizen import Citizen
from tests.end_to_end.test_proof_of_work import asked, begins, solved
from tests.platforms.slack import SlackStandIn
from tests.platforms.telegram import TelegramStandIn
from tests.postgres import PostgreSQL, postgresql
from tests.program import Program, run
from tests.redis_server import Redis
from tests.region import PATIENCE, Region, RegionHub, region_of
from tests.slack_office import slack_fixture
from tests.telegram_office import telegram_fixture

__all__ = ["slack_fixture", "telegram_fixture"]

AT_ONCE = 4
BACKLOG = 12
"""Messages of as many citizens: at one a second, with four at once, Slack is busy with them for a while."""


@pytest.fixture(scope="module", name="server")
def server_fixture() -> Iterator[PostgreSQL]:
    """A PostgreSQL of these tests' own."""
    with postgresql() as server:
        yield server


@pytest_asyncio.fixture(name="redis")
async def redis_fixture() -> AsyncIterator[Redis]:
    """A Redis of this test's own."""
    async with Redis() as redis:
        yield redis


@pytest_asyncio.fixture(name="region")
async def region_fixture(
    tmp_path: Path, server: PostgreSQL, redis: Redis, slack: SlackStandIn, telegram: TelegramStandIn
) -> AsyncIterator[Region]:
    """Two hubs with both platforms."""
    async with region_of(tmp_path, server, redis, ("all", "all"), slack=slack, telegram=telegram) as region:
        await region.leader()
        await slack.wait_for(lambda: slack.connected == 1, PATIENCE)
        yield region


def words(slack: SlackStandIn) -> Counter[str]:
    """How often each citizen's word is on Slack."""
    return Counter(
        word
        for root in slack.messages()
        for message in slack.thread(root.ts) or [root]
        for word in re.findall(r"domanda-\d+", message.text)
    )


async def ask(hub: RegionHub, first: int, count: int) -> None:
    """New citizens, each with a question."""
    for number in range(first, first + count):
        async with Citizen(hub.url) as citizen:
            assert (await citizen.start(f"domanda-{number}")).status_code == 201


async def all_asked(slack: SlackStandIn, count: int) -> None:
    """Wait until each question is on Slack; none may be there twice."""
    await slack.wait_for(lambda: len(words(slack)) == count, PATIENCE)
    assert set(words(slack).values()) == {1}


async def bus_carries(region: Region, redis: Redis, *, shared: bool) -> None:
    """All hubs have their bus; and then, unless it is ``shared``, none of them has."""
    for hub in region.hubs:
        await region.until(hub, lambda report: report["bus"] == "ok")
    if not shared:
        await redis.kill()
        for hub in region.hubs:
            await region.until(hub, lambda report: report["bus"] != "ok")


@pytest.mark.parametrize("how", ["killed", "stopped"])
async def test_when_the_leader_ends_the_other_goes_on_in_its_place(
    region: Region, slack: SlackStandIn, telegram: TelegramStandIn, how: str
) -> None:
    leader = await region.leader()
    (other,) = region.standbys(leader)
    await ask(other, 0, BACKLOG)
    await slack.wait_for(lambda: words(slack), PATIENCE)
    if how == "killed":
        await leader.kill()
    else:
        assert await leader.stop() == 0
    assert await region.leader() is other
    await all_asked(slack, BACKLOG)
    await slack.wait_for(lambda: slack.connected == 1, PATIENCE)
    async with Citizen(other.url) as maria:
        await maria.start("domanda-99")
        async with maria.listening() as stream:
            await slack.wait_for(lambda: words(slack)["domanda-99"], PATIENCE)
            (root,) = [m for m in slack.messages() if "domanda-99" in m.text]
            await slack.operator_says("anna", "Da Slack", thread_ts=root.ts)
            assert (await stream.next("operator")).data["name"] == "Anna"
            await telegram.wait_for(
                lambda: [
                    message
                    for topic in telegram.topics()
                    for message in telegram.thread(topic.id)
                    if "domanda-99" in message.text
                ],
                PATIENCE,
            )


async def test_a_leader_that_stood_still_sends_nothing_when_it_wakes_up(
    region: Region, slack: SlackStandIn
) -> None:
    leader = await region.leader()
    (other,) = region.standbys(leader)
    await ask(other, 0, BACKLOG)
    # All that goes at once is through: a call that is on its way as the leader stops is on its way still as it wakes.
    await slack.wait_for(lambda: len(words(slack)) >= AT_ONCE, PATIENCE)
    leader.freeze()  # in the midst of sending the rest
    assert await region.leader(without=leader) is other
    await all_asked(slack, BACKLOG)
    await ask(other, BACKLOG, 3)
    leader.thaw()
    await region.until(leader, lambda report: not report["leads"])
    await leader.logged("leads no more")
    await all_asked(slack, BACKLOG + 3)
    await ask(leader, BACKLOG + 3, 1)  # it serves citizens as before
    await all_asked(slack, BACKLOG + 4)
    assert await region.leader() is other
    await slack.wait_for(lambda: slack.connected == 1, PATIENCE)


async def test_when_redis_is_lost_nothing_is_and_when_it_is_back_so_is_the_bus(
    region: Region, redis: Redis, slack: SlackStandIn
) -> None:
    leader = await region.leader()
    (other,) = region.standbys(leader)
    for hub in region.hubs:
        await region.until(hub, lambda report: report["bus"] == "ok")
    async with Citizen(other.url) as maria:
        await maria.start("domanda-0")
        async with maria.listening() as stream:
            for number, away in enumerate((False, True, False), 1):
                if away:
                    await redis.kill()
                elif number > 1:
                    await redis.start()
                for hub in region.hubs:
                    await region.until(hub, lambda report, away=away: (report["bus"] != "ok") == away)
                assert (await maria.say(f"domanda-{number}")).status_code == 201
                await slack.wait_for(lambda number=number: words(slack)[f"domanda-{number}"], PATIENCE)
                (root,) = slack.messages()
                await slack.operator_says("anna", f"risposta {number}", thread_ts=root.ts)
                async with asyncio.timeout(PATIENCE):
                    while (await stream.next("message")).data["text"] != f"risposta {number}":
                        pass
    await all_asked(slack, 4)


async def test_when_postgresql_is_restarted_one_leads_again(
    region: Region, server: PostgreSQL, slack: SlackStandIn
) -> None:
    await ask(region.hubs[0], 0, 1)
    await asyncio.to_thread(server.stop)
    await asyncio.to_thread(server.start)
    await region.leader()
    for hub in region.hubs:
        await region.until(hub, lambda report: report["storage"] == "ok")
    await ask(region.hubs[0], 1, 1)
    await ask(region.hubs[1], 2, 1)
    await all_asked(slack, 3)
    await region.one_leads()


async def test_split_roles_one_hub_serves_citizens_the_other_talks_to_slack(
    tmp_path: Path, server: PostgreSQL, redis: Redis, slack: SlackStandIn
) -> None:
    async with region_of(tmp_path, server, redis, ("web", "bridges"), slack=slack) as region:
        web, bridges = region.hubs
        assert await region.leader() is bridges
        await ask(web, 0, 1)
        await all_asked(slack, 1)
        async with Citizen(bridges.url) as lost:
            assert (await lost.start("domanda-1")).status_code == 404
            assert (await lost.http.get("/healthz")).status_code == 200
        report = await region.until(web, lambda report: report["bridges"]["slack"]["connected"])
        assert not report["leads"]
        assert report["leader"]
        await bridges.kill()
        await ask(web, 1, 1)
        assert not await web.leads()
        await bridges.start()
        await all_asked(slack, 2)


@pytest.mark.parametrize("shared", [True, False], ids=["Redis", "Redis is away"])
async def test_a_rate_is_counted_by_all_hubs_together_or_by_each_alone_while_redis_is_away(
    tmp_path: Path, server: PostgreSQL, redis: Redis, shared: bool
) -> None:
    limits = {"per_address": "3/h", "per_conversation": "unlimited"}
    async with region_of(tmp_path, server, redis, ("all", "all"), limits=limits) as region:
        await bus_carries(region, redis, shared=shared)
        statuses = []
        for number in range(8):
            async with Citizen(region.hubs[number % 2].url) as citizen:
                statuses.append((await citizen.start("Buongiorno")).status_code)
        assert Counter(statuses) == ({201: 3, 429: 5} if shared else {201: 6, 429: 2})


@pytest.mark.parametrize("shared", [True, False], ids=["Redis", "Redis is away"])
async def test_a_solution_that_one_hub_has_taken_no_other_takes_again_while_redis_is_there(
    tmp_path: Path, server: PostgreSQL, redis: Redis, shared: bool
) -> None:
    limits = {"per_address": "unlimited", "per_conversation": "unlimited", "proof_of_work": "always"}
    async with (
        region_of(tmp_path, server, redis, ("all", "all"), limits=limits) as region,
        Citizen(region.hubs[0].url) as citizen,
        Citizen(region.hubs[1].url) as again,
    ):
        proof = solved(asked(await begins(citizen)))
        await bus_carries(region, redis, shared=shared)
        assert (await begins(citizen, proof=proof)).status_code == 201
        asked(await begins(citizen, proof=proof))
        replayed = await begins(again, proof=proof)
        if shared:
            proof = solved(asked(replayed))  # the other hub's own is good, of course
            replayed = await begins(again, proof=proof)
        assert replayed.status_code == 201


async def test_roles_need_a_record_that_hubs_can_share(tmp_path: Path) -> None:
    hub = Program(tmp_path)
    refused = await run("serve", "--role", "web", "--config", str(hub.config), environment=hub.environment)
    assert refused.status == 1
    assert "PostgreSQL" in refused.errors
