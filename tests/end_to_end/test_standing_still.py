"""A leader that stands still between looking up the heading and posting it posts nothing: another may have by then."""

import asyncio
from pathlib import Path

import pytest

from models.term import Forever
from routing.bridge import ConversationInfo
from routing.glance import Glance
from routing.hub import Hub
from tests.citizen import Citizen
from tests.hub import hub_at
from tests.platforms.slack import SlackStandIn
from tests.platforms.telegram import TelegramStandIn
from tests.slack_office import slack_fixture  # noqa: F401 - used by name
from tests.telegram_office import PATIENCE, listening, telegram_fixture  # noqa: F401 - used by name


class Leads(Forever):
    """A term that is over for a while."""

    fresh = True

    def is_fresh(self) -> bool:
        """As the test has it."""
        return self.fresh


class StandsStill:
    """Ends the leader's term each time it has looked up a heading."""

    def __init__(self, hub: Hub, bridge: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.term = Leads()
        self._hub, self._glance, self._monkeypatch = hub, hub.glance, monkeypatch
        monkeypatch.setattr(hub.outboxes[bridge], "_term", self.term)
        monkeypatch.setattr(hub, "glance", self._stands_still)

    async def _stands_still(self, info: ConversationInfo) -> Glance:
        found = await self._glance(info)
        self.term.fresh = False
        return found

    def goes_on(self) -> None:
        """It is certain again, and stays so."""
        self._monkeypatch.setattr(self._hub, "glance", self._glance)
        self.term.fresh = True


async def put_off(hub: Hub, conversation: str, bridge: str) -> None:
    """Wait until the outbox has put the conversation's first message off for that reason."""
    async with asyncio.timeout(PATIENCE):
        while True:
            (delivery,) = await hub.store.waiting_deliveries(conversation, bridge)
            if "still leads" in (delivery.error or ""):
                return


async def test_on_slack(tmp_path: Path, slack: SlackStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    async with hub_at(tmp_path, slack=slack) as office, Citizen(office.url) as maria:
        await slack.wait_for(lambda: slack.connected == 1, PATIENCE)
        still = StandsStill(office.hub, "slack", monkeypatch)
        await maria.start("Buongiorno")
        await put_off(office.hub, maria.id, "slack")
        assert not slack.messages()
        still.goes_on()
        await slack.wait_for(slack.messages, PATIENCE)
        assert ["Buongiorno" in message.text for message in slack.messages()] == [True]


async def test_on_telegram(
    tmp_path: Path, telegram: TelegramStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with hub_at(tmp_path, telegram=telegram) as office, Citizen(office.url) as maria:
        await listening(telegram)
        still = StandsStill(office.hub, "telegram", monkeypatch)
        await maria.start("Buongiorno")
        await put_off(office.hub, maria.id, "telegram")
        (topic,) = telegram.topics()
        assert not telegram.thread(topic.id)
        still.goes_on()
        await telegram.wait_for(lambda: telegram.thread(topic.id), PATIENCE)
        assert ["Buongiorno" in message.text for message in telegram.thread(topic.id)] == [True]
        assert len(telegram.topics()) == 1
