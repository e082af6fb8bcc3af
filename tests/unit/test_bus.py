"""What hubs say to each other: heard by all others, and said in few texts however much there is to say."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator

import pytest

from live.bus import LiveBus
from routing.bus import Message


class Air:
    """A line that everybody hears."""

    most = 10_000

    def __init__(self) -> None:
        self.said: list[str] = []
        self._ears: list[asyncio.Queue[str]] = []

    @contextlib.asynccontextmanager
    async def opening(self) -> AsyncIterator["Ear"]:
        """A line of one hub's own."""
        heard: asyncio.Queue[str] = asyncio.Queue()
        self._ears.append(heard)
        yield Ear(self, heard)

    def carry(self, text: str) -> None:
        """To all."""
        self.said.append(text)
        for ear in self._ears:
            ear.put_nowait(text)

    def texts_with_something(self) -> list[str]:
        """Without those that are said only to hear whether the line carries them."""
        return [text for text in self.said if json.loads(text)["said"]]


class Ear:
    """Fulfils ``live.bus.Line``."""

    most = Air.most

    def __init__(self, air: Air, heard: asyncio.Queue[str]) -> None:
        self._air = air
        self._heard = heard

    async def publish(self, text: str) -> None:
        """To all."""
        self._air.carry(text)

    async def receive(self, patience: float) -> str | None:
        """The next text."""
        async with asyncio.timeout(patience):
            return await self._heard.get()


class Listener:
    """A hub's bus, and what it has heard."""

    def __init__(self, air: Air, name: str) -> None:
        self.bus = LiveBus("the air", air.opening, name)
        self.heard: list[Message] = []
        self.connected = asyncio.Event()
        self.news = asyncio.Event()

    async def start(self) -> None:
        """Connect."""
        await self.bus.start(self._received, lambda _: self.connected.set())
        await asyncio.wait_for(self.connected.wait(), 30)

    async def has_heard(self, count: int) -> None:
        """Wait until it has heard so much."""
        async with asyncio.timeout(30):
            while len(self.heard) < count:
                self.news.clear()
                await self.news.wait()

    def _received(self, message: Message) -> None:
        self.heard.append(message)
        self.news.set()


@contextlib.asynccontextmanager
async def two() -> AsyncIterator[tuple[Air, Listener, Listener]]:
    """Two hubs."""
    air = Air()
    one, other = Listener(air, "one"), Listener(air, "other")
    await one.start()
    await other.start()
    try:
        yield air, one, other
    finally:
        await one.bus.stop()
        await other.bus.stop()


async def test_what_a_hub_says_the_others_hear_in_order_and_it_does_not_hear_itself() -> None:
    async with two() as (_, one, other):
        for number in range(5):
            one.bus.send({"kind": "count", "number": number})
        other.bus.send({"kind": "answer"})
        await other.has_heard(5)
        await one.has_heard(1)
        assert [message["number"] for message in other.heard] == [0, 1, 2, 3, 4]
        assert one.heard == [{"kind": "answer"}]


async def test_what_is_said_in_a_short_while_goes_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("live.bus._TOGETHER", 0.5)
    async with two() as (air, one, other):
        one.bus.send({"kind": "first"})
        await other.has_heard(1)
        for number in range(10):
            one.bus.send({"kind": "count", "number": number})
            for _ in range(5):  # each would go by itself
                await asyncio.sleep(0)
        await other.has_heard(11)
        assert len(air.texts_with_something()) == 2
