"""Rates in Redis: what is asked at the same time is counted one after the other, each write everywhere or nowhere."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from redis.asyncio import Redis as Client

from live.redis import RedisRates, redis_bus
from routing.rates import Counted, RatesAway
from settings import Rate
from tests.redis_server import Redis

ONE, TWO = Rate(1, 3600), Rate(2, 3600)
HOUR = 3_600_000
"""Milliseconds."""


@pytest_asyncio.fixture(name="redis")
async def redis_fixture() -> AsyncIterator[Redis]:
    """A Redis of this test's own."""
    async with Redis() as redis:
        yield redis


@pytest_asyncio.fixture(name="rates")
async def rates_fixture(redis: Redis) -> AsyncIterator[RedisRates]:
    """A hub's rates, for which the bus is there."""
    bus = redis_bus(redis.url, "bus")
    bus.connected = True
    rates = RedisRates(redis.url, "rate", bus)
    yield rates
    await rates.close()


@pytest_asyncio.fixture(name="client")
async def client_fixture(redis: Redis) -> AsyncIterator[Client]:
    """Looks into Redis."""
    async with Client.from_url(redis.url, decode_responses=True) as client:
        yield client


async def full(rates: RedisRates, *writes: dict[str, Rate]) -> list[list[bool]]:
    """Of each of these writes at the same time, which windows were full."""
    asked = ([Counted(whose, rate) for whose, rate in write.items()] for write in writes)
    waits = await asyncio.gather(*(rates.count(write) for write in asked))
    assert all(0 <= wait <= 3600 for write in waits for wait in write)
    return [[wait > 0 for wait in write] for write in waits]


async def moments(client: Client) -> dict[str, int]:
    """How many are kept, by whose they are."""
    return {key.removeprefix("rate:"): await client.llen(key) for key in await client.keys()}


async def test_a_window_that_fills_up_halfway_refuses_the_rest_and_nobody_else(
    rates: RedisRates, client: Client
) -> None:
    writes = [{"maria": TWO}, {"anna": TWO}, {"maria": TWO}, {"maria": TWO}, {"anna": TWO}, {"maria": TWO}]
    assert await full(rates, *writes) == [[False], [False], [False], [True], [False], [True]]
    assert await moments(client) == {"maria": 2, "anna": 2}


async def test_a_write_that_one_window_refuses_counts_in_none(rates: RedisRates, client: Client) -> None:
    writes = [
        {"address": TWO, "first": ONE, "town": Rate(9, 3600)},
        {"address": TWO, "first": ONE, "town": Rate(9, 3600)},
        {"address": TWO, "second": ONE},
        {"third": ONE, "address": TWO, "town": Rate(9, 3600)},
        {"third": ONE},
    ]
    assert await full(rates, *writes) == [
        [False, False, False],
        [False, True, False],
        [False, False],
        [False, True, False],
        [False],
    ]
    assert await moments(client) == {"address": 2, "first": 1, "second": 1, "third": 1, "town": 1}


async def test_each_is_told_its_own_wait(rates: RedisRates) -> None:
    windows = [600, 3600, 60, 1800]
    asked = [[Counted(f"of {window}", Rate(1, window))] for window in windows]
    assert await asyncio.gather(*map(rates.count, asked)) == [[0.0]] * 4
    for window, (wait,) in zip(windows, await asyncio.gather(*map(rates.count, asked)), strict=True):
        assert window / 2 < wait <= window


async def test_what_is_asked_at_the_same_time_is_one_call(rates: RedisRates, client: Client) -> None:
    await full(rates, {"the first": ONE})  # Redis is given the script
    await client.config_resetstat()
    await full(rates, *({"address": TWO, str(number): ONE} for number in range(50)))
    assert (await client.info("commandstats"))["cmdstat_evalsha"]["calls"] == 1


async def test_what_comes_shortly_after_is_the_next_call(
    rates: RedisRates, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("live.redis._TOGETHER", 0.5)
    await full(rates, {"the first": ONE})
    await client.config_resetstat()
    later = []
    for number in range(50):
        later.append(asyncio.create_task(full(rates, {"address": TWO, str(number): ONE})))
        await client.ping()
    assert [window for write in await asyncio.gather(*later) for (window, _) in write] == [False] * 2 + [
        True
    ] * 48
    assert (await client.info("commandstats"))["cmdstat_evalsha"]["calls"] == 1


async def test_who_waits_while_the_hub_ends_is_told(rates: RedisRates, client: Client) -> None:
    await full(rates, {"the first": ONE})  # the next one waits a little
    waiting = asyncio.create_task(full(rates, {"maria": ONE}))
    await asyncio.sleep(0)
    await rates.close()
    with pytest.raises(RatesAway):
        await waiting
    assert await moments(client) == {"the first": 1}


async def test_who_asks_in_the_very_moment_in_which_the_hub_ends_is_told(rates: RedisRates) -> None:
    asking = asyncio.create_task(rates.count([Counted("maria", ONE)]))
    await asyncio.gather(rates.close())
    with pytest.raises(RatesAway):
        await asyncio.wait_for(asking, 30)


async def test_no_more_moments_are_kept_than_the_rate_has_and_none_longer_than_its_window(
    rates: RedisRates, client: Client
) -> None:
    before = {"none": 0, "one": 1, "two": 2, "four": 4}
    for whose, count in before.items():
        if count:
            await client.rpush(f"rate:{whose}", *range(1, count + 1))  # of 1970
    assert await full(rates, dict.fromkeys(before, TWO)) == [[False] * 4]
    assert await moments(client) == {"none": 1, "one": 2, "two": 2, "four": 2}
    for whose in before:
        assert HOUR - 60_000 < await client.pttl(f"rate:{whose}") <= HOUR
    assert await client.lindex("rate:four", 0) == "4"


async def test_a_redis_that_was_started_anew_is_given_the_script_again(
    rates: RedisRates, redis: Redis
) -> None:
    assert await full(rates, {"maria": ONE}, {"maria": ONE}) == [[False], [True]]
    await redis.kill()
    with pytest.raises(RatesAway):
        await full(rates, {"maria": ONE})
    await redis.start()
    assert await full(rates, {"maria": ONE}, {"maria": ONE}) == [[False], [True]]
