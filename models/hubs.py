"""The hubs on one PostgreSQL: who is there, what each says of itself, and which of them leads.

The leader holds a session's advisory lock: PostgreSQL gives it to another as soon as the leader's connection ends,
however it ended. A leader that stands still keeps its connection; then the others end it after ``FROZEN_AFTER``.
"""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

from sqlalchemy import TextClause, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection

from models.engine import ME, session_name, standing_engine
from models.errors import StorageError
from models.term import FRESH_FOR, Numbered

FROZEN_AFTER = 2 * FRESH_FOR
"""Seconds of silence after which a leader that still holds the lock is taken for stopped."""
PRESENT_FOR = 10.0
"""Seconds after a hub was last seen for which it counts as there."""
_GONE_AFTER = 60.0
"""Seconds after which its row goes."""
_LONGEST = 5.0
"""Seconds that a question may take; it is about one row."""
_LOCK = 0x4C696E6561_01
"""The advisory lock of the leader."""


def _sql(statement: str) -> TextClause:
    """A statement in which NOW is the database's own clock, in milliseconds since 1970 UTC."""
    return text(statement.replace("NOW", "(extract(epoch from clock_timestamp()) * 1000)::bigint"))


_BEAT = _sql(
    "INSERT INTO hub (id, role, key_digest, desk_link, desks, report, seen_at)"
    " VALUES (:id, :role, :key_digest, :desk_link, :desks, CAST(:report AS json), NOW)"
    " ON CONFLICT (id) DO UPDATE SET desks = excluded.desks, report = excluded.report, seen_at = excluded.seen_at"
)
_PEERS = _sql(
    "SELECT h.id, h.role, h.key_digest, h.desks, h.report, (NOW - h.seen_at) / 1000.0 AS age, l.term"
    " FROM hub h LEFT JOIN leadership l ON l.hub_id = h.id"
)
_TERM = text(
    "INSERT INTO leadership (id, term, hub_id) VALUES (1, 1, :id)"
    " ON CONFLICT (id) DO UPDATE SET term = leadership.term + 1, hub_id = :id RETURNING term"
)
_FROZEN = _sql(
    "SELECT l.hub_id FROM leadership l LEFT JOIN hub h ON h.id = l.hub_id"
    " WHERE h.seen_at IS NULL OR h.seen_at < NOW - :limit"
)
_END = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE application_name = :name AND datname = current_database() AND pid <> pg_backend_pid()"
)


class Peer(NamedTuple):
    """A hub as it was last seen, ``age`` seconds ago; ``term`` is None unless it leads."""

    id: str
    role: str
    key_digest: str
    desks: int
    report: dict[str, Any]
    age: float
    term: int | None


class Hubs:
    """This hub among the others. Every method raises ``StorageError`` when the database does not answer."""

    def __init__(self, url: str, role: str, key_digest: str, desk_link: str | None, me: str = ME) -> None:
        """``desk_link`` is the digest of the desk's one-time key, which may be used on any hub."""
        self.me = me
        self.engine = standing_engine(url, me)
        self._row = {"id": me, "role": role, "key_digest": key_digest, "desk_link": desk_link}
        self._lock: AsyncConnection | None = None
        self._silent = 0.0

    async def beat(self, desks: int, report: dict[str, Any]) -> None:
        """Say that it is there, and how it is."""
        async with self._asking() as connection:
            await connection.execute(_BEAT, self._row | {"desks": desks, "report": json.dumps(report)})

    async def peers(self) -> list[Peer]:
        """All hubs that were there lately, this one among them."""
        async with self._asking() as connection:
            found = [Peer(*row) for row in await connection.execute(_PEERS)]
        return [peer for peer in found if peer.age < PRESENT_FOR]

    async def tidy(self) -> None:
        """Forget the hubs that ended without a word."""
        old = _sql("DELETE FROM hub WHERE seen_at < NOW - :old")
        async with self._asking() as connection:
            await connection.execute(old, {"old": int(_GONE_AFTER * 1000)})

    async def leave(self) -> None:
        """It ends: it is not there any more."""
        async with self._asking() as connection:
            await connection.execute(text("DELETE FROM hub WHERE id = :id"), {"id": self.me})

    async def close(self) -> None:
        """Give the connections back."""
        await self.resign()
        await self.engine.dispose()

    # The leader -----------------------------------------------------------------------------------

    async def try_to_lead(self) -> Numbered | None:
        """A new term, if nobody leads; where the leader stands still, its sessions are ended for the next try."""
        try:
            async with asyncio.timeout(_LONGEST):
                if self._lock is None:
                    self._lock = await self.engine.connect()
                got = await self._lock.execute(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": _LOCK})
                if got.scalar_one():
                    began = time.monotonic()
                    term = Numbered((await self._lock.execute(_TERM, {"id": self.me})).scalar_one())
                    term.renewed(began)
                    return term
                frozen = await self._lock.execute(_FROZEN, {"limit": int(FROZEN_AFTER * 1000)})
                for row in frozen.all():
                    await self._lock.execute(_END, {"name": session_name(row.hub_id)})
        except (DBAPIError, PoolTimeout, OSError, TimeoutError) as error:
            await self.resign()
            raise StorageError(getattr(error, "orig", None) or error) from error
        return None

    async def still_leads(self, term: Numbered) -> bool:
        """Make sure that the lock is held, and say so to the others."""
        began = time.monotonic()
        beat = _sql("UPDATE hub SET seen_at = NOW WHERE id = :id")
        try:
            async with asyncio.timeout(_LONGEST):
                if self._lock is None:
                    return False
                await self._lock.execute(beat, {"id": self.me})
        except (DBAPIError, PoolTimeout, OSError, TimeoutError):
            return False
        term.renewed(began)
        return True

    async def resign(self) -> None:
        """Give the lock back, by ending the session that holds it."""
        lock, self._lock = self._lock, None
        if lock is not None:
            with contextlib.suppress(DBAPIError, OSError, TimeoutError):
                async with asyncio.timeout(_LONGEST):
                    await lock.invalidate()
                    await lock.close()

    # The desk -------------------------------------------------------------------------------------

    async def redeem(self, link: str) -> bool:
        """Use a desk's one-time key up, whichever hub printed it; True the first time."""
        used = text("UPDATE hub SET desk_link = NULL WHERE desk_link = :link RETURNING id")
        async with self._asking() as connection:
            return (await connection.execute(used, {"link": link})).first() is not None

    @contextlib.asynccontextmanager
    async def _asking(self) -> AsyncIterator[AsyncConnection]:
        try:
            async with asyncio.timeout(_LONGEST), self.engine.connect() as connection:
                yield connection
        except (DBAPIError, PoolTimeout, OSError, TimeoutError) as error:
            raise StorageError(getattr(error, "orig", None) or error) from error
