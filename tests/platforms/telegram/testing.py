"""What the tests of the stand-in share: a real client, and refusals as their words."""

import os
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from telegram import Bot
from telegram.error import TelegramError
from telegram.request import HTTPXRequest

from .stand_in import TelegramStandIn

# The library's own switch to its coming behaviour; without it a 429 is also a deprecation warning.
os.environ.setdefault("PTB_TIMEDELTA", "true")


@asynccontextmanager
async def client(telegram: TelegramStandIn, token: str | None = None) -> AsyncIterator[Bot]:
    """A real bot of the stand-in, with its token unless another is given."""
    requests = [HTTPXRequest(connection_pool_size=8, read_timeout=10) for _ in range(2)]
    base = telegram.api_url
    bot = Bot(
        token or telegram.token,
        base_url=f"{base}/bot",
        base_file_url=f"{base}/file/bot",
        request=requests[0],
        get_updates_request=requests[1],
    )
    try:
        yield bot
    finally:
        for request in requests:
            await request.shutdown()


async def refusal(call: Awaitable[Any], kind: type[TelegramError] = TelegramError) -> str:
    """The words with which a call is refused."""
    with pytest.raises(kind) as caught:
        await call
    return caught.value.message
