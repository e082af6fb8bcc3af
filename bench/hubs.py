"""Several hubs: what a second one brings, what PostgreSQL costs, how a reply finds its page, who follows on the leader.

PostgreSQL and Redis are the tests' own, PostgreSQL as it is shipped: each commit is on disk. It is told to count its
rows after the warm-up, as it does by itself once a minute. Everything shares the machine's cores, the load too.
"""

import asyncio
import statistics
import time
from pathlib import Path

import psutil

from bench.desk import desk_of
from bench.processes import (
    CONNECTIONS,
    MANY,
    Conversations,
    Listeners,
    at_rest,
    folder,
    listening,
    program,
    rate,
    start_conversations,
)
from bench.results import Length, Result, percentile, ratios
from tests.platforms.slack import SlackStandIn
from tests.postgres import PostgreSQL, postgresql
from tests.redis_server import Redis
from tests.region import Region, RegionHub, region_of

_TIMES = 3
"""Changes of leader of each kind."""
_MORE_ROUNDS = 2
"""Times the rounds of other measures: each has seven processes on the same cores, and differs much from the next."""
_MORE_STREAMS = 5
"""Times the streams that a single hub is measured with: over two hubs."""


async def measure(length: Length) -> list[Result]:
    """The rates first, then the streams, then the changes of leader."""
    with folder() as place, postgresql(durable=True) as running:
        async with Redis() as redis:
            results = await _rates(place, running, redis, length)
            results += await _replies(place, running, redis, length)
            results += await _leaders(place, running, redis, length)
    return results


def _at(place: Path, name: str) -> Path:
    made = place / name
    made.mkdir()
    return made


async def _rates(place: Path, server: PostgreSQL, redis: Redis, length: Length) -> list[Result]:
    async with (
        program(place / "sqlite") as alone,
        region_of(_at(place, "rates"), server, redis, ("all", "all"), limits=MANY) as region,
    ):
        first, second = (hub.port for hub in region.hubs)
        on_sqlite = await start_conversations(alone.port, CONNECTIONS)
        shared = await start_conversations(first, CONNECTIONS)
        for port, known in ((alone.port, on_sqlite), (first, shared), (second, shared)):
            await rate(port, known, length.warm_up)
        await asyncio.to_thread(server.count, place / "rates")
        by_database, by_number, busy, cores = [], [], [], psutil.cpu_count() or 1
        for _ in range(length.rounds * _MORE_ROUNDS):
            sqlite = await rate(alone.port, on_sqlite, length.seconds)
            psutil.cpu_percent()
            one = await rate(first, shared, length.seconds)
            busy.append(psutil.cpu_percent() / 100 * cores)
            half = CONNECTIONS // 2
            both = await asyncio.gather(
                rate(first, shared[:half], length.seconds), rate(second, shared[half:], length.seconds)
            )
            by_database.append((one, sqlite))
            by_number.append((sum(both), one))
    room = f"; one, with all that serves it, keeps {statistics.median(busy):.2f} of {cores} cores busy"
    return [
        _ratio("one hub on PostgreSQL, of one on SQLite", by_database, 0.5),
        _ratio("two hubs on PostgreSQL, of one", by_number, 1.6, room),
    ]


def _ratio(name: str, rounds: list[tuple[float, float]], target: float, more: str = "") -> Result:
    ratio, lowest, highest = ratios(rounds)
    first, second = (sorted(pair[which] for pair in rounds)[len(rounds) // 2] for which in (0, 1))
    detail = (
        f"{first:.0f}/s against {second:.0f}/s, {len(rounds)} rounds in turns: {lowest:.2f} to {highest:.2f}"
        f"{more}"
    )
    return Result(name, ratio, "", "at least", target, detail)


async def _replies(place: Path, server: PostgreSQL, redis: Redis, length: Length) -> list[Result]:
    """A reply from one hub's desk to the page at the other, and what a message costs with and without others' streams.

    The pages have been told what there was before. What a message costs is taken without, beside, beside and without
    them: so it does not matter whether the machine becomes quicker or slower meanwhile.
    """
    async with region_of(_at(place, "streams"), server, redis, ("all", "all"), limits=MANY) as region:
        here, there = region.hubs
        conversations = await start_conversations(here.port, length.streams * _MORE_STREAMS)
        half = len(conversations) // 2
        others = await start_conversations(here.port, CONNECTIONS)
        await asyncio.to_thread(server.count, place / "streams")
        without = await _costs(here, others, length)
        async with listening(there.port, conversations[half:]) as pages:
            await at_rest(there)
            beside = await _costs(here, others, length)
            async with listening(here.port, conversations[:half]):
                for hub in region.hubs:
                    await at_rest(hub)
                delays = await _answers(here, pages, conversations[half:], length.samples)
            await at_rest(here)
            beside += await _costs(here, others, length)
        await at_rest(there)
        without += await _costs(here, others, length)
    few, many = statistics.median(without), statistics.median(beside)
    held = f"{len(conversations)} streams over two hubs, {len(delays)} replies"
    return [
        Result(
            "a reply to the page at the other hub, p99", percentile(delays, 99), "ms", "under", 50,
            f"{held}; median {percentile(delays, 50):.1f} ms",
        ),
        Result(
            f"a message's cost while the other hub holds {half} streams, of that without",
            many / few, "", "under", 1.2, f"{many * 1e6:.0f} µs against {few * 1e6:.0f} µs of the processor",
        ),
    ]  # fmt: skip


async def _costs(hub: RegionHub, conversations: Conversations, length: Length) -> list[float]:
    """Seconds of the processor that a message takes at this hub, in each round."""
    await rate(hub.port, conversations, length.warm_up)
    return [await _cost(hub, conversations, length.seconds) for _ in range(length.rounds)]


async def _cost(hub: RegionHub, conversations: Conversations, seconds: float) -> float:
    process = psutil.Process(hub.pid)
    before = process.cpu_times()
    done = await rate(hub.port, conversations, seconds) * seconds
    after = process.cpu_times()
    return float(after.user + after.system - before.user - before.system) / done


async def _answers(hub: RegionHub, pages: Listeners, conversations: Conversations, count: int) -> list[float]:
    """From sending the desk's request at one hub to the event at the other's page, in ms."""
    async with desk_of(hub) as desk:
        return [
            await desk.reply(conversations[number * 7 % len(conversations)][0], pages)
            for number in range(count)
        ]


async def _leaders(place: Path, server: PostgreSQL, redis: Redis, length: Length) -> list[Result]:
    """From the end of the leader to the moment at which the other one leads and has its line to Slack."""
    killed: list[float] = []
    stopped: list[float] = []
    async with (
        SlackStandIn() as slack,
        region_of(_at(place, "leaders"), server, redis, ("all", "all"), slack=slack) as region,
    ):
        for number in range(min(_TIMES, length.samples) * 2):
            leader = await region.leader()
            await slack.wait_for(lambda: slack.connected == 1, 60)
            (other,) = region.standbys(leader)
            if number % 2:
                await leader.stop()
            else:
                await leader.kill()
            ended = time.monotonic()
            await _takes_over(region, other, leader)
            (stopped if number % 2 else killed).append(time.monotonic() - ended)
            await leader.start()
    detail = "{} times, the longest; to the answer of /readyz, asked every 0.05 s"
    return [
        Result("another hub leads after kill -9", max(killed), "s", "under", 5, detail.format(len(killed))),
        Result(
            "another hub leads after an orderly stop", max(stopped), "s", "under", 1,
            detail.format(len(stopped)),
        ),
    ]  # fmt: skip


async def _takes_over(region: Region, other: RegionHub, leader: RegionHub) -> None:
    found = await region.leader(without=leader)
    if found is not other:
        raise RuntimeError("a third hub leads")
