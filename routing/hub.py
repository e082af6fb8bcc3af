"""The hub: puts the citizens' side, the operators' side and the deliveries together; starts and stops them."""

import asyncio
import logging
from collections import Counter

from models.tables import DeliveryState, Kind
from models.term import Forever, Term
from routing.bridge import Bridge, Correspondent, Post
from routing.clock import Clock
from routing.digest import Digests
from routing.outbox import Outbox
from routing.withdrawing import forget_when_done
from settings import Settings

log = logging.getLogger(__name__)


_UNKNOWN: tuple[bool, str | None] = (False, None)
"""Connection and problem of a bridge of which nothing was heard yet."""


class Hub(Digests):
    """The one way in and out of every conversation."""

    async def start(self, bridges: list[Bridge]) -> None:
        """Begin to deliver to these platforms and to listen to them."""
        await self.prepare(bridges)
        await self.lead(Forever())

    async def prepare(self, bridges: list[Bridge]) -> None:
        """Know what the record says, and which platforms there are."""
        self.switch = await self.store.switch()
        await self.load_blocks()
        await self.attendance.load()
        if left := await self.files.tidy(await self.store.file_keys()):
            log.info("%d files that a crash had left were deleted", left)
        self._join(bridges)

    def _join(self, bridges: list[Bridge]) -> None:
        for bridge in bridges:
            self.bridges[bridge.name] = bridge
            if isinstance(bridge, Correspondent):
                self.correspondents[bridge.name] = bridge

    async def lead(self, term: Term) -> None:
        """Deliver to the platforms and listen to them, for a term."""
        self.leads, self.signs.to_leader = True, None
        for bridge in self.bridges.values():
            self.outboxes[bridge.name] = Outbox(
                bridge,
                self.journal,
                self.store,
                self.conversation,
                self.delivery_failed,
                self.letter_settled if bridge.name in self.correspondents else self._settled_on_platform,
                self.begins_late,
                Clock(),
                term,
            )
        for outbox in self.outboxes.values():
            outbox.start()
        await self._tell_of_what_is_left()
        await self.signs.take_up()
        for bridge in self.bridges.values():
            await bridge.start()
            self.watch.saw(bridge.name, well=bridge.health.connected)
        self.begin_to_keep_places(term)

    async def _settled_on_platform(self, post: Post, sent: bool) -> None:
        """A post is on a platform, or what it asked to be taken away is; or it was given up."""
        if post.conversation.kind != Kind.WITHDRAWAL:
            await self.post_settled(post, sent)
        elif sent:
            await self.journal.run(lambda tx: forget_when_done(tx, post.conversation.id))
            self.forget(post.conversation.id)

    async def _tell_of_what_is_left(self) -> None:
        """Say what waits for platforms that were switched off."""
        waiting: Counter[str] = Counter()
        for (name, state), count in (await self.store.delivery_counts()).items():
            if name not in self.bridges and state != DeliveryState.FAILED:
                waiting[name] += count
        for name, count in waiting.items():
            log.warning(
                "%s is off and %d deliveries wait for it: they are sent once it is on again", name, count
            )

    async def stand_down(self, bridges: list[Bridge]) -> None:
        """Let another hub lead; ``bridges`` are the platforms for the next time."""
        self.leads = False
        await self._fall_silent()
        self.outboxes.clear()
        self._known.clear()
        self._join(bridges)

    async def stop(self) -> None:
        """Take nothing more in, let deliveries under way finish, end every stream."""
        self.fanout.close()
        await self.queue.stop()
        await self._fall_silent()

    async def _fall_silent(self) -> None:
        await self.stop_keeping_places()
        await self.watch.stop()
        await self.signs.stop()
        await asyncio.gather(*(self._stop_bridge(bridge) for bridge in self.bridges.values()))
        await asyncio.gather(*(outbox.stop() for outbox in self.outboxes.values()))

    async def _stop_bridge(self, bridge: Bridge) -> None:
        try:
            await bridge.stop()
        except Exception:
            log.exception("%s did not stop cleanly", bridge.name)

    def apply(self, settings: Settings) -> None:
        """A changed configuration is in force from now on."""
        self._settings = settings
        self.publish_status()
        for bridge in self.bridges.values():
            bridge.reconfigured()
        self.places.set()
        for outbox in self.outboxes.values():
            outbox.wake()

    def bridge_changed(self, name: str) -> None:
        """A bridge's connection changed; when it is back, what waits for it is tried at once."""
        bridge, outbox = self.bridges.get(name), self.outboxes.get(name)
        if bridge is None or outbox is None:
            return
        self.places.set()
        health = bridge.health
        before, now = self._known.get(name, _UNKNOWN), (health.connected, health.problem)
        self._known[name] = now
        self.watch.saw(name, well=health.connected and not health.blocked)
        if health.problem:
            log.warning("%s: %s", name, health.problem)
        else:
            log.info("%s: %s", name, "connected" if health.connected else "not connected")
        if health.connected and (not before[0] or (before[1] is not None and health.problem != before[1])):
            outbox.retry_soon()
