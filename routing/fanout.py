"""Live fan-out in one process: what was written, to the streams that are open."""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from models.journal import Record

_MOST_WAITING = 1000
"""Events kept for a stream whose reader is slow; past that it is closed and resumes from the journal."""

EVERYWHERE = "*"
"""The topic of events for all open streams."""
DESK = "desk"
"""The topic of the desk: everything that is written."""


@dataclass(slots=True, frozen=True)
class Live:
    """Something that happened and is not in the journal: typing, the office opening."""

    event: str
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True, frozen=True)
class News:
    """Another hub has written an entry: whoever shows it reads it."""

    conversation_id: str
    seq: int


Event = Record | Live | News


class Subscription:
    """One open stream's queue."""

    __slots__ = ("_items", "_waiter", "closed", "topic")

    def __init__(self, topic: str) -> None:
        self.topic = topic
        self.closed = False
        self._items: deque[Event] | None = None
        self._waiter: asyncio.Future[None] | None = None

    def put(self, event: Event) -> None:
        """Add an event; wakes the reader."""
        if self._items is None:  # made when needed: an empty one takes 600 bytes, and most streams are silent
            self._items = deque()
        if len(self._items) >= _MOST_WAITING:
            self.close()
            return
        self._items.append(event)
        self._notify()

    def close(self) -> None:
        """End the stream after what it already holds."""
        self.closed = True
        self._notify()

    async def next(self, patience: float) -> Event | None:
        """The next event; None when ``patience`` seconds passed without one, or the stream was closed."""
        if not self._items and not self.closed:
            loop = asyncio.get_running_loop()
            self._waiter = loop.create_future()
            timer = loop.call_later(patience, self._notify)
            try:
                await self._waiter
            finally:
                timer.cancel()
                self._waiter = None
        if not self._items:
            self._items = None
            return None
        return self._items.popleft()

    def _notify(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class Fanout:
    """Streams by topic: a conversation's id, or ``DESK``."""

    def __init__(self) -> None:
        self._topics: dict[str, set[Subscription]] = {}

    def subscribe(self, topic: str) -> Subscription:
        """A new stream's queue; give it back with ``unsubscribe``."""
        subscription = Subscription(topic)
        self._topics.setdefault(topic, set()).add(subscription)
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """The stream has ended."""
        group = self._topics.get(subscription.topic)
        if group is not None:
            group.discard(subscription)
            if not group:
                del self._topics[subscription.topic]

    def publish(self, topic: str, event: Event) -> None:
        """To the streams of a topic; ``EVERYWHERE``: to all."""
        if topic != EVERYWHERE:
            for subscription in self._topics.get(topic, ()):
                subscription.put(event)
            return
        for group in self._topics.values():
            for subscription in group:
                subscription.put(event)

    def listeners(self, topic: str) -> int:
        """How many streams are open on a topic."""
        return len(self._topics.get(topic, ()))

    def streams(self) -> int:
        """How many streams are open in all."""
        return sum(len(group) for group in self._topics.values())

    def close(self) -> None:
        """End every stream (the program is stopping)."""
        for group in list(self._topics.values()):
            for subscription in list(group):
                subscription.close()
