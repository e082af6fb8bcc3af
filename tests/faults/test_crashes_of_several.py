"""Three hubs on one PostgreSQL with a Redis, amid traffic: hubs, the leader, Redis and PostgreSQL fail at random.

In the end both sides are compared, as after the crashes of a single hub: nothing is lost, nothing is there twice.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.faults.test_crashes import LONG, SEED, Person, Town
from tests.platforms.slack import SlackStandIn
from tests.platforms.telegram import TelegramStandIn
from tests.postgres import PostgreSQL, postgresql
from tests.redis_server import Redis
from tests.region import Region, region_of
from tests.slack_office import slack_fixture
from tests.telegram_office import telegram_fixture

__all__ = ["slack_fixture", "telegram_fixture"]

HUBS = 3
FAULTS = ("a hub", "the leader", "a hub", "the leader", "Redis", "PostgreSQL")
ROUNDS = 60 if LONG else 6


@pytest.fixture(name="server")
def server_fixture() -> Iterator[PostgreSQL]:
    """A PostgreSQL of this test's own, which keeps what it has acknowledged through a crash."""
    with postgresql() as server:
        yield server


@pytest_asyncio.fixture(name="region")
async def region_fixture(
    tmp_path: Path, server: PostgreSQL, slack: SlackStandIn, telegram: TelegramStandIn
) -> AsyncIterator[Region]:
    """Three hubs with both platforms."""
    words = (tmp_path, server)
    async with (
        Redis() as redis,
        region_of(*words, redis, ("all",) * HUBS, slack=slack, telegram=telegram) as region,
    ):
        yield region


async def fails(region: Region, fault: str, luck: random.Random) -> None:
    """Something ends without a word, and is started again."""
    assert region.redis is not None
    if fault == "Redis":
        await region.redis.kill()
        await region.redis.start()
    elif fault == "PostgreSQL":
        await asyncio.to_thread(region.server.stop)
        await asyncio.to_thread(region.server.start)
    else:
        hub = await region.leader() if fault == "the leader" else luck.choice(region.hubs)
        await hub.kill()
        await hub.start()


async def test_whatever_fails_of_three_hubs_nothing_is_lost_and_nothing_is_shown_twice(
    region: Region, slack: SlackStandIn, telegram: TelegramStandIn
) -> None:
    luck = random.Random(SEED)

    class Wanderer(Person):
        """A citizen whose requests a proxy hands to another hub where one does not answer."""

        async def waits(self) -> None:
            """Go on at any of them."""
            self.citizen.http.base_url = luck.choice(region.hubs).url
            await super().waits()

    town = Town(slack, telegram, region.hubs[0], Wanderer)
    for number, person in enumerate(town.people):
        person.citizen.http.base_url = region.hubs[number % HUBS].url
    try:
        faults = [*FAULTS, *luck.choices(FAULTS, k=max(0, ROUNDS - len(FAULTS)))]
        for fault in faults:
            async with asyncio.TaskGroup() as group:
                group.create_task(town.traffic(luck))
                await asyncio.sleep(luck.choice([0.0, 0.05, luck.uniform(0, 1)]))  # the moment is the test
                await fails(region, fault, luck)
        await region.leader()
        await town.compare()
    finally:
        for person in town.people:
            await person.leaves()
