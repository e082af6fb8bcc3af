"""An office that answers from Telegram, for tests: the stand-in, the hub, a citizen, ways to wait for them."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest_asyncio

from tests.citizen import Citizen
from tests.hub import RunningHub, hub_at
from tests.platforms.telegram import Shown, ShownTopic, TelegramStandIn

PATIENCE = 30.0
"""Seconds for what the bridge does by its own clock: a second try, a turn within Telegram's limits."""


@pytest_asyncio.fixture(name="telegram")
async def telegram_fixture() -> AsyncIterator[TelegramStandIn]:
    """Telegram, with a group that has topics."""
    async with TelegramStandIn() as stand_in:
        yield stand_in


@pytest_asyncio.fixture(name="office")
async def office_fixture(tmp_path: Path, telegram: TelegramStandIn) -> AsyncIterator[RunningHub]:
    """An office that answers from Telegram."""
    async with hub_at(tmp_path, telegram=telegram) as running:
        await listening(telegram)
        yield running


@pytest_asyncio.fixture(name="citizen")
async def citizen_fixture(office: RunningHub) -> AsyncIterator[Citizen]:
    """Maria, who has not written yet."""
    async with Citizen(office.url) as maria:
        yield maria


async def listening(telegram: TelegramStandIn) -> None:
    """The bridge waits for news, and has looked at everything it looks at first."""
    await telegram.wait_for(lambda: telegram.updates.is_polled, PATIENCE)


async def asks(
    citizen: Citizen, telegram: TelegramStandIn, text: str = "Buongiorno", **more: Any
) -> ShownTopic:
    """The citizen starts a conversation; its topic, with its first message in it."""
    before = len(telegram.topics())
    assert (await citizen.start(text, **{"name": "Maria Rossi"} | more)).status_code == 201
    await telegram.wait_for(
        lambda: telegram.topics()[before:] and telegram.thread(telegram.topics()[before].id), PATIENCE
    )
    return telegram.topics()[before]


async def replies(telegram: TelegramStandIn, topic: ShownTopic, count: int) -> list[Shown]:
    """What stands in a topic below its first message, as soon as there is so much."""
    await telegram.wait_for(lambda: len(telegram.thread(topic.id)) > count, PATIENCE)
    return telegram.thread(topic.id)[1:]


async def settled(telegram: TelegramStandIn) -> None:
    """Everything that Telegram has told so far is confirmed."""
    await telegram.wait_for(lambda: not telegram.pending(), PATIENCE)


def problem(office: RunningHub) -> str:
    """What the bridge says is wrong."""
    return office.hub.bridges["telegram"].health.problem or ""


def calls(telegram: TelegramStandIn, method: str) -> list[dict[str, Any]]:
    """The arguments of all calls of a method so far."""
    return [call.arguments for call in telegram.calls if call.method == method]
