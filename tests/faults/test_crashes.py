"""The real program is killed again and again, amid traffic from four citizens and two operators on both platforms.

In the end both sides are compared: nothing that was acknowledged is lost, nothing is there twice (on Telegram:
twice only where it says so).
"""

import asyncio
import contextlib
import os
import random
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.citizen import Citizen
from tests.crashing import POINTS
from tests.platforms.slack import SlackStandIn
from tests.platforms.telegram import TelegramStandIn
from tests.program import EndedAtStart, Program

LONG = os.environ.get("LINEA_LONG_TESTS") == "1"
KILLS = 120 if LONG else 10
SEED = int(os.environ.get("LINEA_CRASH_SEED", "7"))
PATIENCE = 180.0
MARK = "(forse ripetuto)"
TOKEN = re.compile(r"<(\w+-\d+)>|&lt;(\w+-\d+)&gt;")


def tokens(text: str) -> list[str]:
    """The names of the messages that a text shows."""
    return [first or second for first, second in TOKEN.findall(text)]


class Person:
    """A citizen whose page never gives up: sends again under the same id, resumes its stream."""

    def __init__(self, url: str, name: str) -> None:
        self.citizen = Citizen(url)
        self.name = name
        self.acknowledged: list[str] = []
        self.seen: list[tuple[int, str]] = []
        self._count = 0
        self._reading: asyncio.Task[None] | None = None

    async def writes(self) -> None:
        """One message; returns once it is acknowledged."""
        token = f"{self.name}-{self._count}"
        self._count += 1
        text, client_id = f"<{token}> buongiorno", f"{token}-" + "i" * 16
        while True:
            try:
                if not self.citizen.id:
                    answer = await self.citizen.start(text, client_id=client_id, name=self.name)
                else:
                    answer = await self.citizen.say(text, client_id)
            except httpx.TransportError:
                await self.waits()  # as the page does: again, a little later
                continue
            if answer.status_code in (200, 201):
                break
            assert answer.status_code >= 500, answer.text
            await self.waits()
        self.acknowledged.append(token)
        if self._reading is None:
            self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        last = 0
        while True:
            with contextlib.suppress(httpx.TransportError, EOFError, AssertionError):
                async with self.citizen.listening(last) as stream:
                    while True:
                        event = await stream.next("message")
                        assert event.id is not None
                        last = event.id
                        self.seen.append((event.id, event.data["text"]))
            await self.waits()

    async def waits(self) -> None:
        """A moment, after something has failed."""
        await asyncio.sleep(0.05)

    async def leaves(self) -> None:
        """The page is closed."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
        await self.citizen.http.aclose()


class Town:
    """Four citizens, two operators, two platforms and the program."""

    def __init__(
        self,
        slack: SlackStandIn,
        telegram: TelegramStandIn,
        program: Program,
        person: Callable[[str, str], Person] = Person,
    ) -> None:
        self.slack, self.telegram, self.program = slack, telegram, program
        self.people = [person(program.url, name) for name in ("ada", "bice", "carla", "dora")]
        self.answers: dict[str, list[str]] = {person.name: [] for person in self.people}
        self._count = 0

    async def traffic(self, luck: random.Random) -> None:
        """A little of everything, all at once."""
        async with asyncio.TaskGroup() as group:
            for person in self.people:
                group.create_task(person.writes())
            for answer in (self._answers_on_slack, self._answers_on_telegram):
                group.create_task(answer(luck.choice(self.people).name))

    async def _answers_on_slack(self, name: str) -> None:
        for root in self.slack.messages():
            if f"{name}-0" in tokens(root.text):
                await self.slack.operator_says("anna", self._answer(name), thread_ts=root.ts)

    async def _answers_on_telegram(self, name: str) -> None:
        for topic in self.telegram.topics():
            if any(f"{name}-0" in tokens(message.text) for message in self.telegram.thread(topic.id)):
                await self.telegram.operator_says("marco", self._answer(name), thread=topic.id)
                break

    def _answer(self, name: str) -> str:
        self._count += 1
        self.answers[name].append(f"op-{self._count}")
        return f"<op-{self._count}> risposta"

    def on_slack(self) -> Counter[str]:
        """How often each message is on Slack."""
        found: Counter[str] = Counter()
        for root in self.slack.messages():
            for message in self.slack.thread(root.ts) or [root]:
                found.update(tokens(message.text))
        return found

    def on_telegram(self) -> tuple[Counter[str], Counter[str]]:
        """How often each message is on Telegram, in all and without a mark."""
        found: Counter[str] = Counter()
        unmarked: Counter[str] = Counter()
        for topic in self.telegram.topics():
            for message in self.telegram.thread(topic.id):
                found.update(tokens(message.text))
                if MARK not in message.text:
                    unmarked.update(tokens(message.text))
        return found, unmarked

    def expected(self) -> set[str]:
        """All that was acknowledged or said."""
        written = [token for person in self.people for token in person.acknowledged]
        return set(written) | {token for answers in self.answers.values() for token in answers}

    async def compare(self) -> None:
        """Wait until all is there; then compare."""
        wanted = self.expected()
        await self.slack.wait_for(lambda: wanted <= set(self.on_slack()), PATIENCE)
        await self.telegram.wait_for(lambda: wanted <= set(self.on_telegram()[0]), PATIENCE)
        await self._settled()
        twice = [token for token, times in self.on_slack().items() if times > 1]
        assert not twice, f"twice on Slack: {twice}"
        _, unmarked = self.on_telegram()
        twice = [token for token, times in unmarked.items() if times > 1]
        assert not twice, f"twice on Telegram without a mark: {twice}"
        for person in self.people:
            wanted_here = {*person.acknowledged, *self.answers[person.name]}
            await self._has_seen(person, wanted_here)
            numbers = [number for number, _ in person.seen]
            assert numbers == sorted(set(numbers)), f"{person.name} was shown something twice or out of order"
            shown = [token for _, text in person.seen for token in tokens(text)]
            assert sorted(shown) == sorted(wanted_here)
            own = [token for token in shown if token in person.acknowledged]
            assert own == person.acknowledged

    async def _settled(self) -> None:
        async with asyncio.timeout(PATIENCE), httpx.AsyncClient() as http:
            while True:
                report = (await http.get(f"{self.program.url}/metrics")).text
                waiting = re.findall(r'^linea_deliveries\{.*state="(?!failed)\w+"\} (\S+)', report, re.M)
                if waiting and not any(float(number) for number in waiting):
                    return
                await asyncio.sleep(0.1)

    async def _has_seen(self, person: Person, wanted: set[str]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not wanted <= {token for _, text in person.seen for token in tokens(text)}:  # noqa: ASYNC110
                await asyncio.sleep(0.05)


@contextlib.asynccontextmanager
async def a_town(folder: Path) -> AsyncIterator[Town]:
    """Platforms that outlive the program."""
    async with SlackStandIn() as slack, TelegramStandIn() as telegram:
        program = Program(folder, slack=slack, telegram=telegram)
        town = Town(slack, telegram, program)
        try:
            yield town
        finally:
            for person in town.people:
                await person.leaves()
            await program.kill()


def moments(luck: random.Random) -> Iterator[float]:
    """When to kill, in seconds after the traffic began."""
    for _ in range(KILLS):
        yield luck.choice([0.0, 0.02, 0.1, luck.uniform(0, 1.5)])


async def test_killed_at_random_moments_it_loses_nothing_and_shows_nothing_twice(tmp_path: Path) -> None:
    luck = random.Random(SEED)
    async with a_town(tmp_path) as town:
        for moment in moments(luck):
            await town.program.start()
            async with asyncio.TaskGroup() as group:
                group.create_task(town.traffic(luck))
                await asyncio.sleep(moment)  # not to wait for anything: the moment itself is the test
                await town.program.kill()
                await town.program.start()
            await town.program.kill()
        await town.program.start()
        await town.compare()


@pytest.mark.parametrize("times", [1, 2, 4] if LONG else [2])
@pytest.mark.parametrize("point", POINTS)
async def test_killed_at_each_step_it_loses_nothing_and_shows_nothing_twice(
    tmp_path: Path, point: str, times: int
) -> None:
    luck = random.Random(SEED)
    async with a_town(tmp_path) as town:
        plain = town.program.command
        town.program.command = ["-m", "tests.crashing"]
        town.program.environment["LINEA_CRASH_AT"] = f"{point}:{times}"
        with contextlib.suppress(EndedAtStart):  # something is written while it starts, too
            await town.program.start()
        async with asyncio.TaskGroup() as group:
            group.create_task(town.traffic(luck))
            await town.program.died()
            town.program.command = plain
            await town.program.start()
        await town.program.kill()
        await town.program.start()
        await town.compare()
