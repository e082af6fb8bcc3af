"""An office that answers from Slack and from Telegram at once, for tests: one conversation, shown on both."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest_asyncio

from tests.citizen import Citizen
from tests.hub import RunningHub, hub_at
from tests.platforms.slack import SlackStandIn
from tests.platforms.telegram import ShownTopic, TelegramStandIn
from tests.slack_office import settled as settled_on_slack
from tests.telegram_office import PATIENCE, listening
from tests.telegram_office import settled as settled_on_telegram


@pytest_asyncio.fixture(name="office")
async def office_fixture(
    tmp_path: Path, slack: SlackStandIn, telegram: TelegramStandIn
) -> AsyncIterator[RunningHub]:
    """An office that answers from both."""
    async with hub_at(tmp_path, slack=slack, telegram=telegram) as running:
        await slack.wait_for(lambda: slack.connected == 1, PATIENCE)
        await listening(telegram)
        yield running


@dataclass
class Both:
    """Maria's conversation, as it stands on both platforms."""

    office: RunningHub
    maria: Citizen
    slack: SlackStandIn
    telegram: TelegramStandIn
    root: str
    topic: ShownTopic

    def on_slack(self) -> list[str]:
        """What the thread shows below its first message; a citizen's name stands in a line of its own there."""
        shown = [message.text for message in self.slack.thread(self.root)[1:]]
        return _conversation(
            [text.removeprefix("👤 ").replace("\n", ": ", text.startswith("👤 ")) for text in shown]
        )

    def on_telegram(self) -> list[str]:
        """What the topic shows below its first message."""
        return _conversation([message.text for message in self.telegram.thread(self.topic.id)[1:]])

    async def slack_shows(self, *wanted: str) -> None:
        """The thread comes to show exactly these texts."""
        await self.slack.wait_for(lambda: self.on_slack() == list(wanted), PATIENCE)

    async def telegram_shows(self, *wanted: str) -> None:
        """The topic comes to show exactly these texts."""
        await self.telegram.wait_for(lambda: self.on_telegram() == list(wanted), PATIENCE)

    async def from_slack(self, text: str, user: str = "anna") -> str:
        """An operator writes in the thread."""
        return await self.slack.operator_says(user, text, thread_ts=self.root)

    async def from_telegram(self, text: str, user: str = "marco") -> int:
        """An operator writes in the topic."""
        return await self.telegram.operator_says(user, text, thread=self.topic.id)

    async def settled(self) -> None:
        """Everything that operators did is in the journal."""
        await settled_on_slack(self.slack)
        await settled_on_telegram(self.telegram)


def _conversation(shown: list[str]) -> list[str]:
    """Without the hint that a colleague has it: Anna and Marco answer one citizen in nearly every test."""
    return [text for text in shown if "Se ne occupa già" not in text]


@pytest_asyncio.fixture(name="both")
async def both_fixture(
    office: RunningHub, slack: SlackStandIn, telegram: TelegramStandIn
) -> AsyncIterator[Both]:
    """Maria has asked something, of the first department where there is one, and both platforms show it."""
    departments = [department.name for department in office.hub.settings.departments][:1]
    about = dict(zip(["department"], departments, strict=False))
    async with Citizen(office.url) as maria:
        await maria.start("Buongiorno", name="Maria Rossi", **about)
        (root,) = await slack.wait_for(slack.messages, PATIENCE)
        (topic,) = await telegram.wait_for(telegram.topics, PATIENCE)
        (first,) = await telegram.wait_for(lambda: telegram.thread(topic.id), PATIENCE)
        assert "Buongiorno" in root.text
        assert "Buongiorno" in first.text
        yield Both(office, maria, slack, telegram, root.ts, topic)
