"""One of several hubs on one record: tells the others what happens here, and has this one know what happens there.

What a hub keeps in memory is right for as long as it hears of every entry that another one writes. It hears of it
twice: at once over the bus, and for certain from the journal (``models.feed``), which is read slowly while the bus
works and often while it does not. All hubs hear of all entries, by where they are, not what they say: what that
costs depends on how much is written, not on how many pages are open where.
"""

import asyncio
import logging
import time
from collections.abc import Coroutine, Iterable
from typing import Any, NamedTuple

from models.errors import StorageError
from models.feed import Feed
from models.hubs import Hubs
from models.journal import Record
from models.tables import OFFICE_ID, Author, What
from models.unread import Unread
from routing.around import Around, report_of
from routing.bridge import Sign
from routing.bus import Bus, Message
from routing.core import moves_the_line
from routing.fanout import DESK, Live, News
from routing.hub import Hub

log = logging.getLogger(__name__)

_BEAT = 2.0
"""Seconds between two signs of life in the record."""
_WITH_BUS = 2.0
_WITHOUT_BUS = 0.2
"""Seconds between two looks into the journal: the longest that a reply takes to a page at another hub, where the bus
has lost it, or is known to be away."""
_AT_ONCE = 40
"""Entries told in one message, which then is small enough for every bus."""
_TRUSTED = 30.0
"""Seconds that a conversation's state is trusted while the bus is away: the journal does not tell of an erasure."""


class Heard(NamedTuple):
    """An entry that another hub has written; ``deliver_to`` is None where that is not known."""

    conversation_id: str
    seq: int
    kind: str
    author: str
    deliver_to: list[str] | None = None


class Neighbours:
    """Runs beside a hub until it is stopped."""

    def __init__(self, hub: Hub, hubs: Hubs, feed: Feed, bus: Bus) -> None:
        self._hub = hub
        self._hubs = hubs
        self._feed = feed
        self._bus = bus
        self._around = Around()
        self._look = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._trusted_since = time.monotonic()

    async def start(self) -> None:
        """Join the others. The hub does not lead from then on, until it is told to."""
        hub = self._hub
        hub.around, hub.bus, hub.leads = self._around, self._bus, False
        hub.signs.to_leader = self._ask_for_signs
        hub.journal.on_written(self._wrote)
        await self._feed.read()  # from here on
        await self._beat()
        await self._bus.start(self._received, self._bus_changed)
        self._run(self._follow())
        self._run(self._stay())

    async def stop(self) -> None:
        """Leave them."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._bus.stop()

    def stands_down(self) -> None:
        """Another hub puts the signs up from now on."""
        self._hub.signs.to_leader = self._ask_for_signs

    # From here to the others ----------------------------------------------------------------------

    def _wrote(self, records: list[Record], numbers: list[int]) -> None:
        self._feed.knows(numbers)
        told = [
            Heard(record.conversation_id, record.seq, record.kind, record.author, list(record.deliver_to))
            for record in records
        ]
        for start in range(0, len(told), _AT_ONCE):
            some = slice(start, start + _AT_ONCE)
            self._bus.send({"kind": "written", "entries": told[some], "numbers": numbers[some]})

    def _ask_for_signs(self, messages: list[Unread], sign: Sign) -> None:
        self._bus.send({"kind": "signs", "messages": messages, "sign": sign})

    async def _beat(self) -> None:
        hub = self._hub
        report = report_of(hub.bridges, hub.watch.away) if hub.leads else {}
        await self._hubs.beat(hub.fanout.listeners(DESK), report)
        self._around.saw(await self._hubs.peers(), self._hubs.me)

    async def _stay(self) -> None:
        """Say every few seconds that this hub is there; see who else is, and whether the office has opened."""
        while True:
            await asyncio.sleep(_BEAT)
            try:
                await self._beat()
            except StorageError as error:
                log.debug("the other hubs could not be seen: %s", error)
            self._hub.show_hours()
            now = time.monotonic()
            if self._bus.connected:
                self._trusted_since = now
            elif now - self._trusted_since > _TRUSTED:
                self._trusted_since = now
                self._hub.forget_all()

    # From the others ------------------------------------------------------------------------------

    async def _follow(self) -> None:
        """Read the journal as it grows, for ever."""
        well = True
        while True:
            self._look.clear()
            try:
                self._heard(Heard(*head) for head in await self._feed.read())
                if not well:
                    self._hub.forget_all()
                well = True
            except StorageError as error:
                if well:
                    log.warning("what other hubs write cannot be read: %s", error)
                well = False
            if not (well and self._feed.has_more):
                await self._wait(_WITH_BUS if self._bus.connected else _WITHOUT_BUS)

    async def _wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._look.wait()
        except TimeoutError:
            pass

    def _bus_changed(self, connected: bool) -> None:
        """What was said while it was away was not heard."""
        self._hub.forget_all()
        self._look.set()

    def _received(self, message: Message) -> None:
        hub, kind = self._hub, message["kind"]
        if kind == "written":
            self._heard([Heard(*entry) for entry in message["entries"]])
            self._feed.knows(message["numbers"])  # not before: what could not be dealt with is to be read
        elif kind == "live":
            hub.fanout.publish(message["topic"], Live(message["event"], message["data"]))
        elif kind == "shown":
            hub.receipts.were_shown(message["conversation"], message["seq"])
        elif kind == "erased":
            hub.was_erased(message["conversation"])
        elif kind == "typing" and hub.leads:
            self._run(hub.show_typing(message["conversation"], message["department"]))
        elif kind == "signs" and hub.leads:
            hub.signs.sign([Unread(*one) for one in message["messages"]], Sign(message["sign"]))

    def _heard(self, entries: Iterable[Heard]) -> None:
        """Other hubs have written: forget what may not be true any more, wake who waits for it."""
        hub = self._hub
        busy: set[str] = set()
        moves = blocks = office = False
        for entry in entries:
            hub.forget(entry.conversation_id)
            news = News(entry.conversation_id, entry.seq)
            hub.fanout.publish(entry.conversation_id, news)
            hub.fanout.publish(DESK, news)
            if entry.author == Author.OPERATOR:
                hub.operator_did_something()
                if entry.kind in (What.MESSAGE, What.FILE):
                    hub.signs.look_after(entry.conversation_id, entry.seq)
            moves |= moves_the_line(entry.kind, entry.seq)
            blocks |= entry.kind in (What.BLOCKED, What.UNBLOCKED)
            office |= entry.conversation_id == OFFICE_ID and entry.kind == What.NOTE
            busy.update(hub.outboxes if entry.deliver_to is None else entry.deliver_to)
        if moves:
            hub.queue.changed()
        if blocks:
            self._run(hub.load_blocks())
        if office:
            self._run(self._office_changed())
        for name in busy & hub.outboxes.keys():
            hub.outboxes[name].wake()

    async def _office_changed(self) -> None:
        """Through another hub an operator has closed the line, or opened it, or is there, or away; or nobody is."""
        self._hub.switch = await self._hub.store.switch()
        await self._hub.attendance.load()
        self._hub.publish_status()

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(_quietly(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _quietly(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except StorageError as error:
        log.warning("what another hub has changed could not be read: %s", error)
    except Exception:
        log.exception("neighbours: something unforeseen; going on without")
