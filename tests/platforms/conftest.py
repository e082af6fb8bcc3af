"""Fixtures for the tests of the stand-ins: a running Slack and Telegram, and clients of them."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from slack_sdk.web.async_client import AsyncWebClient
from telegram import Bot

from .slack import SlackStandIn
from .slack.testing import client
from .telegram import TelegramStandIn
from .telegram.testing import client as telegram_client


@pytest_asyncio.fixture
async def slack() -> AsyncIterator[SlackStandIn]:
    """A stand-in that runs for one test."""
    async with SlackStandIn() as stand_in:
        yield stand_in


@pytest.fixture
def web(slack: SlackStandIn) -> AsyncWebClient:
    """The bot's client of it."""
    return client(slack)


@pytest_asyncio.fixture
async def telegram() -> AsyncIterator[TelegramStandIn]:
    """A stand-in with a forum, for one test."""
    async with TelegramStandIn() as stand_in:
        yield stand_in


@pytest_asyncio.fixture
async def bot(telegram: TelegramStandIn) -> AsyncIterator[Bot]:
    """The bot's client of it."""
    async with telegram_client(telegram) as found:
        yield found
