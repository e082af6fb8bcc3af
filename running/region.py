"""One of several hubs on a PostgreSQL, as ``serve`` starts it there: its neighbours, the bus, and who of them leads."""

import asyncio
import hashlib
import hmac
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from live.bus import LiveBus
from models.errors import StorageError
from models.feed import Feed
from models.hubs import Hubs
from models.term import Numbered
from routing.bridge import Bridge
from routing.hub import Hub
from routing.neighbours import Neighbours
from running.errors import StartError
from schedules.jobs import Jobs
from settings import Secrets
from web.desk import Desk

if TYPE_CHECKING:
    from live.redis import RedisRates

log = logging.getLogger("linea")

_TRY_EVERY = 0.25
"""Seconds between two tries to follow on the leader, which has then ended at once after its end."""
_SURE_EVERY = 1.0
"""Seconds after which a leader makes sure again that it is one."""


@dataclass(frozen=True)
class Plan:
    """How a hub is to live with the others."""

    url: str
    role: str
    key_digest: str
    bus: LiveBus
    rates: "RedisRates | None"
    """Where rates are counted together; None: by each hub alone."""

    def region(self, hub: Hub, desk: Desk, jobs: Jobs, bridges: Callable[[], list[Bridge]]) -> "Region":
        """Its life; ``bridges`` makes the platforms anew for each term in which it leads."""
        return Region(self, hub, desk, jobs, bridges)


def plan(url: str, given: Secrets, key: str, role: str) -> Plan:
    """Over Redis, where ``REDIS_URL`` is set; else by PostgreSQL's own notifications.

    Raises
    ------
    StartError
        If ``REDIS_URL`` is no such address.
    """
    channel = f"linea-{_derived(key, 'bus')[:16]}"
    digest = _derived(key, "key")
    if given.redis_url is None:
        from live.postgresql import notify_bus

        return Plan(url, role, digest, notify_bus(url, channel), None)
    from live.redis import RedisRates, redis_bus

    address = given.redis_url.get_secret_value()
    try:
        bus = redis_bus(address, channel)
        return Plan(url, role, digest, bus, RedisRates(address, f"{channel}-rate", bus))
    except ValueError:
        raise StartError("REDIS_URL: expected an address such as redis://127.0.0.1:6379/0") from None


def _derived(key: str, purpose: str) -> str:
    """What the key makes of a word: the same on every hub that has it, and no way back to it."""
    return hmac.new(key.encode(), f"hubs {purpose}".encode(), hashlib.sha256).hexdigest()


class Region:
    """Keeps a hub among the others, and leads when it is this one's turn."""

    def __init__(
        self, plan: Plan, hub: Hub, desk: Desk, jobs: Jobs, bridges: Callable[[], list[Bridge]]
    ) -> None:
        self._plan = plan
        self._hub = hub
        self._desk = desk
        self._hubs = Hubs(plan.url, plan.role, plan.key_digest, desk.digest)
        self._neighbours = Neighbours(hub, self._hubs, Feed(self._hubs.engine), plan.bus)
        self._jobs = jobs
        self._bridges = bridges
        self._task: asyncio.Task[None] | None = None
        self._ending = False

    async def start(self) -> None:
        """Join the others; from then on lead when nobody else does.

        Raises
        ------
        StartError
            If they have another key.
        """
        await self._hubs.tidy()
        for peer in await self._hubs.peers():
            if peer.key_digest != self._plan.key_digest:
                raise StartError(
                    "another hub runs on this database with another SECRET_KEY: give all of them the same one in .env, "
                    "or they would not know each other's citizens"
                )
        self._desk.redeem_anywhere = self._hubs.redeem
        await self._neighbours.start()
        await self._hub.prepare(self._bridges())
        if self._plan.role != "web":
            self._task = asyncio.create_task(self._campaign(), name="region")

    async def stop(self) -> None:
        """Let another lead; what this one has under way finishes before."""
        self._ending = True
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def close(self) -> None:
        """Leave the others."""
        await self._neighbours.stop()
        try:
            await self._hubs.leave()
        except StorageError as error:
            log.warning("the other hubs will notice by themselves that this one has ended: %s", error)
        await self._hubs.close()
        if self._plan.rates is not None:
            await self._plan.rates.close()

    async def _campaign(self) -> None:
        """Lead whenever that is possible, for ever."""
        told = False
        while True:
            try:
                term = await self._hubs.try_to_lead()
            except StorageError as error:
                log.debug("who leads could not be asked: %s", error)
                term = None
            if term is not None:
                await self._lead(term)
                told = False
            elif not told:
                log.info("another hub leads; this one follows on it if need be")
                told = True
            await asyncio.sleep(_TRY_EVERY)

    async def _lead(self, term: Numbered) -> None:
        log.info("this hub leads: it talks to the platforms (term %d)", term.number)
        try:
            await self._hub.lead(term)
            self._jobs.start(self._hub.settings)
            while await self._hubs.still_leads(term):  # noqa: ASYNC110 - there is nothing to be told by
                await asyncio.sleep(_SURE_EVERY)
            term.end()  # no platform is called any more, whatever still has to end here
            log.warning("this hub leads no more: the database, or another hub, has ended its term")
        except StorageError as error:
            log.warning("this hub cannot lead: %s", error)
        finally:
            self._jobs.stop()
            await self._hub.stand_down([] if self._ending else self._bridges())
            self._neighbours.stands_down()
            term.end()
            await self._hubs.resign()
