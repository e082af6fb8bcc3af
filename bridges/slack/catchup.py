"""Reading open threads again after an interruption: Slack gives up on an event after about six minutes."""

import asyncio
import logging
import time

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bridges.slack import errors, reading
from bridges.slack.ids import NAME, ts_of
from bridges.slack.inbound import Inbound
from models.errors import StorageError
from models.tables import Thread
from routing.budget import Budget
from routing.hub import Hub

log = logging.getLogger(__name__)

_LOOK_BACK = 3_600.0
"""Seconds before the last message seen from which a thread is read: what came out of order, and edits."""
_KNOWN_WITHIN = 10.0
"""Seconds within which a thread that was found again is written down by the outbox."""
_LOOK = 0.1
_BUSY = 30.0
"""Seconds to wait where Slack asks for a pause and does not say for how long."""
_DETAIL = "catch-up"


class CatchUp:
    """Reads threads back, the most recently used first, as fast as Slack allows."""

    def __init__(self, hub: Hub, client: AsyncWebClient, inbound: Inbound, details: dict[str, str]) -> None:
        self._hub = hub
        self._client = client
        self._inbound = inbound
        self._details = details
        self._wanted = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        # conversations.replies is good for 50 calls a minute, and short bursts.
        self._budget = Budget(40, 60, 15)

    def start(self) -> None:
        """Begin to wait for something to read."""
        self._task = asyncio.create_task(self._run(), name="slack-catch-up")

    def connected(self) -> None:
        """A connection was made: events may have been lost before it."""
        self._wanted.set()

    async def stop(self) -> None:
        """Read no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def read(self, channel: str, ts: str) -> None:
        """Read one thread, as soon as the hub knows it."""
        deadline = time.monotonic() + _KNOWN_WITHIN
        while (thread := await self._hub.thread_at(NAME, channel, ts)) is None:
            if time.monotonic() > deadline:
                return
            await asyncio.sleep(_LOOK)
        await self._read(thread)

    async def _run(self) -> None:
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            try:
                for thread in await self._hub.open_threads(NAME):
                    if not await self._read(thread):
                        break
            except (StorageError, OSError) as error:
                log.warning("slack: threads were not read back (%s)", type(error).__name__)
            except Exception as error:
                log.error("slack: reading back failed in an unforeseen way (%s)", type(error).__name__)

    async def _read(self, thread: Thread) -> bool:
        """Read one thread; False where reading others makes no sense either."""
        while True:
            await self._permit()
            try:
                await self._take_in(thread)
            except (SlackApiError, aiohttp.ClientError, TimeoutError, ValueError) as error:
                pause = errors.retry_after(error)
                if errors.code(error) in ("ratelimited", "rate_limited") or pause is not None:
                    await asyncio.sleep(_BUSY if pause is None else pause)
                    continue
                return self._failed(error)
            self._details.pop(_DETAIL, None)
            return True

    def _failed(self, error: Exception) -> bool:
        if errors.message_is_gone(error) or errors.code(error) in ("channel_not_found", "not_in_channel"):
            return True
        reason = errors.code(error) or type(error).__name__
        log.warning("slack: threads cannot be read back (%s)", reason)
        self._details[_DETAIL] = f"not available ({reason}): replies sent during an outage may be missing"
        return False

    async def _take_in(self, thread: Thread) -> None:
        seen = ts_of(thread.last_seen)
        start = max(float(thread.thread), float(seen or thread.thread) - _LOOK_BACK)
        newest = seen
        async for message in reading.thread(self._client, thread.chat, thread.thread, f"{start:.6f}"):
            if message.ts != thread.thread:
                await self._inbound.caught_up(thread.chat, message, seen)
                newest = max(newest, message.ts)
        if newest > seen:
            await self._hub.saw(NAME, thread.conversation_id, newest)

    async def _permit(self) -> None:
        pause = self._budget.delay(time.monotonic())
        self._budget.take(time.monotonic())
        await asyncio.sleep(pause)
