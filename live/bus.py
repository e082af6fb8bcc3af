"""A bus over any line that carries text to all hubs: collects, sends, listens, and connects again when it is lost."""

import asyncio
import contextlib
import json
import logging
from collections import deque
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from models.engine import ME
from routing.bus import Message

log = logging.getLogger(__name__)

_MOST_WAITING = 20_000
"""Messages that wait to be sent; the oldest go first: whoever misses them reads the journal."""
_BEAT = 2.0
"""Seconds of silence after which a hub says something, to hear whether the line carries it back."""
_TOGETHER = 0.02
"""Seconds after something was said in which what comes next is collected: saying and hearing cost by the time, not by
what is said. Who has said nothing for so long is heard at once."""
_SILENCE = 6.0
"""Seconds of silence after which the line counts as dead."""
_PAUSES = (0.1, 2.0)
"""Shortest and longest pause, in seconds, before the next try to connect."""


class Line(Protocol):
    """An open line; every method raises ``OSError`` when it is lost."""

    most: int
    """Characters it carries at a time."""

    async def publish(self, text: str) -> None:
        """To all who listen, ourselves among them."""

    async def receive(self, patience: float) -> str | None:
        """The next text; None when ``patience`` seconds passed without one."""


class LiveBus:
    """Fulfils ``routing.bus.Bus``. ``opening`` opens the line, ``name`` is what it is called in the log."""

    def __init__(
        self, name: str, opening: Callable[[], AbstractAsyncContextManager[Line]], me: str = ME
    ) -> None:
        self.name = name
        self.connected = False
        self._opening = opening
        self._head = f'{{"from":"{me}","said":['
        """How all begins that this hub says."""
        self._waiting: deque[str] = deque(maxlen=_MOST_WAITING)
        self._news = asyncio.Event()
        self._received: Callable[[Message], None] = lambda _message: None
        self._changed: Callable[[bool], None] = lambda _connected: None
        self._task: asyncio.Task[None] | None = None
        self._told = False

    def send(self, message: Message) -> None:
        """To all other hubs, soon; dropped while there is no connection."""
        if self.connected:
            self._waiting.append(json.dumps(message, separators=(",", ":")))
            self._news.set()

    async def start(self, received: Callable[[Message], None], changed: Callable[[bool], None]) -> None:
        """Connect in the background, for ever."""
        self._received, self._changed = received, changed
        self._task = asyncio.create_task(self._stay_connected(), name="bus")

    async def stop(self) -> None:
        """Send what waits, and end."""
        if self._task is None:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.5):
                while self.connected and self._waiting:  # noqa: ASYNC110 - half a second at the most
                    await asyncio.sleep(0.01)
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self.connected = False

    async def _stay_connected(self) -> None:
        pause, longest = _PAUSES
        while True:
            try:
                async with self._opening() as line:
                    pause = _PAUSES[0]
                    await self._use(line)
            except OSError as error:
                self._is_lost(error)
            except Exception:
                log.exception("%s: something unforeseen; connecting again", self.name)
                self._is_lost(OSError("a fault of ours"))
            await asyncio.sleep(pause)
            pause = min(longest, pause * 2)

    async def _use(self, line: Line) -> None:
        """Listen and speak until the line is lost."""
        listening = asyncio.create_task(self._listen(line))
        speaking = asyncio.create_task(self._speak(line))
        try:
            done, _ = await asyncio.wait((listening, speaking), return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in (listening, speaking):
                task.cancel()
            await asyncio.gather(listening, speaking, return_exceptions=True)

    async def _listen(self, line: Line) -> None:
        while True:
            text = await line.receive(_SILENCE)
            if text is None:
                raise OSError(f"nothing was heard for {_SILENCE:.0f} s")
            self._is_back()
            if text.startswith(self._head):
                continue
            for message in json.loads(text)["said"]:
                try:
                    self._received(message)
                except Exception:
                    log.exception("%s: a message was not understood and is passed over", self.name)

    async def _speak(self, line: Line) -> None:
        """Send what waits, as much at a time as the line carries; now and then nothing, to hear it come back."""
        while True:
            self._news.clear()
            batch, size = [], len(self._head) + 2
            while self._waiting and size + len(self._waiting[0]) + 1 <= line.most:
                message = self._waiting.popleft()
                batch.append(message)
                size += len(message) + 1
            if not batch and self._waiting:  # greater than the line carries
                self._waiting.popleft()
                continue
            await line.publish(f"{self._head}{','.join(batch)}]}}")
            if not self._waiting:
                await asyncio.sleep(_TOGETHER)
            if not self._waiting:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_BEAT):
                        await self._news.wait()

    def _is_back(self) -> None:
        if not self.connected:
            self.connected = True
            if self._told:
                log.info("%s is back", self.name)
            self._told = False
            self._changed(True)

    def _is_lost(self, error: OSError) -> None:
        was, self.connected = self.connected, False
        self._waiting.clear()
        if not self._told:
            log.warning(
                "%s is away (%s): meanwhile hubs hear of each other from the journal alone", self.name, error
            )
            self._told = True
        if was:
            self._changed(False)
