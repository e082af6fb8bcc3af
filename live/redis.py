"""Redis, or Valkey, which speaks the same: the bus between hubs, and the rates that they count together."""

import asyncio
import contextlib
import itertools
import json
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from live.bus import LiveBus
from routing.rates import Counted, RatesAway

_CONNECT = 2.0
"""Seconds that connecting may take."""
_LONGEST_ANSWER = 0.5
"""Seconds that a citizen's message waits for the count of its rate; then the hub counts alone."""
_CONNECTIONS = 4
_TOGETHER = 0.004
"""Seconds after a count in which what comes next is collected: a call costs as much as the rest of a message does. Who
writes after a silence is counted at once."""

_COUNT = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local waits, before = {}, 0
for _, alike in ipairs(cjson.decode(ARGV[1])) do
  local rates = alike[2]
  for _ = 1, alike[1] do
    local full, lengths = false, {}
    for i, rate in ipairs(rates) do
      local key = KEYS[before + i]
      lengths[i] = redis.call('RPUSH', key, now)
      local oldest = lengths[i] > rate[1] and redis.call('LINDEX', key, -rate[1] - 1)
      local wait = oldest and math.max(0, oldest + rate[2] - now) or 0
      waits[before + i] = wait
      full = full or wait > 0
    end
    for i, rate in ipairs(rates) do
      local key = KEYS[before + i]
      if full then
        redis.call('RPOP', key)
      else
        if lengths[i] > rate[1] then
          redis.call('LTRIM', key, -rate[1], -1)
        end
        redis.call('PEXPIRE', key, rate[2])
      end
    end
    before = before + #rates
  end
end
return cjson.encode(waits)
"""
"""Windows that move with each write, as ``web.limits.Window``: the moments of the last writes, by Redis' clock.

Many writes, one after the other, none with the same key twice: ``ARGV[1]`` has how many in a row have the same rates,
and the count and the milliseconds of each; the keys stand in the same order, and so do the milliseconds to wait that
come back. Both go as one text, because each value of its own would cost the client far more than its share of a text.
"""


def _client(url: str, **more: Any) -> Redis:
    return Redis.from_url(
        url, decode_responses=True, socket_connect_timeout=_CONNECT, retry=Retry(NoBackoff(), 0), **more
    )


class _RedisLine:
    """Fulfils ``live.bus.Line`` by a channel."""

    most = 1_000_000

    def __init__(self, client: Redis, listening: PubSub, channel: str) -> None:
        self._client = client
        self._listening = listening
        self._channel = channel

    async def publish(self, text: str) -> None:
        """PUBLISH."""
        with _as_os_error():
            await self._client.publish(self._channel, text)

    async def receive(self, patience: float) -> str | None:
        """The next message of the channel."""
        until = time.monotonic() + patience
        message = None
        while message is None and (left := until - time.monotonic()) > 0:  # it may be one of Redis' own
            with _as_os_error():
                message = await self._listening.get_message(ignore_subscribe_messages=True, timeout=left)
        return None if message is None else str(message["data"])


@contextlib.contextmanager
def _as_os_error() -> Iterator[None]:
    try:
        yield
    except RedisError as error:
        raise OSError(str(error)) from error


def redis_bus(url: str, channel: str) -> LiveBus:
    """The bus of the hubs that know this channel."""

    @contextlib.asynccontextmanager
    async def opening() -> AsyncIterator[_RedisLine]:
        client = _client(url)
        try:
            with _as_os_error():
                listening = client.pubsub()
                await listening.subscribe(channel)
            yield _RedisLine(client, listening, channel)
        finally:
            with contextlib.suppress(RedisError, OSError):
                await client.aclose()

    return LiveBus("Redis", opening)


_Waiting = list[tuple[Sequence[Counted], asyncio.Future[list[int]]]]
"""Writes that are to be counted, each with what tells who asked."""


def _refuse(waiting: _Waiting, why: str) -> None:
    for _, answer in waiting:
        if not answer.done():
            answer.set_exception(RatesAway(why))


class RedisRates:
    """Fulfils ``routing.rates.SharedRates``: counted by all hubs together, while ``bus`` says that Redis is there."""

    def __init__(self, url: str, prefix: str, bus: LiveBus) -> None:
        self._client = _client(url, socket_timeout=_LONGEST_ANSWER, max_connections=_CONNECTIONS)
        self._script = self._client.register_script(_COUNT)
        self._prefix = prefix
        self._bus = bus
        self._waiting: _Waiting = []
        self._asking: asyncio.Task[None] | None = None

    async def count(self, rates: Sequence[Counted]) -> list[float]:
        """See ``routing.rates.SharedRates.count``."""
        if not self._bus.connected:
            raise RatesAway
        answer: asyncio.Future[list[int]] = asyncio.get_running_loop().create_future()
        self._waiting.append((rates, answer))
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask())
        return [wait / 1000 for wait in await answer]

    async def _ask(self) -> None:
        """What waits at the same time is asked in one go: a journey for each would cost more than the message."""
        together: _Waiting = []
        try:
            while self._waiting:
                together, self._waiting = self._waiting, []
                try:
                    found = await self._counted([rates for rates, _ in together])
                except (RedisError, OSError, TimeoutError) as error:
                    _refuse(together, str(error))
                    continue
                for (_, answer), waits in zip(together, found, strict=True):
                    if not answer.done():
                        answer.set_result(waits)
                await asyncio.sleep(_TOGETHER)
        finally:
            self._waiting += together
            self._end()

    def _end(self) -> None:
        """Nobody waits any more: who still does is not counted."""
        self._asking = None
        _refuse(self._waiting, "it is being closed")
        self._waiting = []

    async def _counted(self, asked: list[Sequence[Counted]]) -> list[list[int]]:
        keys = [f"{self._prefix}:{one.whose}" for rates in asked for one in rates]
        given = [
            (len(list(alike)), [(rate.count, rate.seconds * 1000) for rate in rates])
            for rates, alike in itertools.groupby([one.rate for one in rates] for rates in asked)
        ]
        waits = iter(json.loads(await self._script(keys, [json.dumps(given)])))
        return [list(itertools.islice(waits, len(rates))) for rates in asked]

    async def take_back(self, whose: Sequence[str]) -> None:
        """See ``routing.rates.SharedRates.take_back``."""
        with contextlib.suppress(RedisError, OSError, TimeoutError):
            async with self._client.pipeline(transaction=False) as together:
                for one in whose:
                    together.rpop(f"{self._prefix}:{one}")
                await together.execute()

    async def close(self) -> None:
        """Give the connections back."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)
            self._end()
        with contextlib.suppress(RedisError, OSError):
            await self._client.aclose()
