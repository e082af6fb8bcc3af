"""Database engines, and the one place that knows what only SQLite understands."""

import secrets
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

_ASYNC_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+psycopg"}
_SYNC_DRIVERS = {"sqlite": "sqlite+pysqlite", "postgresql": "postgresql+psycopg"}

_WRITER_CACHE = 32 * 1024
"""KiB: the indexes' hot pages of a million messages."""
_READER_CACHE = 1024
"""KiB, in each of several connections: what they read again the system has in its own cache."""

_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",  # an acknowledged message survives a power cut
    "PRAGMA foreign_keys=ON",
    "PRAGMA busy_timeout=5000",
    "PRAGMA temp_store=MEMORY",  # else each statement of many rows makes a file, to be able to undo itself
    "PRAGMA secure_delete=ON",  # what a citizen erases leaves no bytes behind in the file
)
_IDLE_IN_TRANSACTION = 5_000
"""Milliseconds that PostgreSQL lets a hub hold rows and do nothing: one that was stopped in the midst of a change must
not keep the others from them."""
_BY_INDEX = " -c enable_seqscan=off -c jit=off"
"""The writer looks up few rows, by their keys. What PostgreSQL has prepared it goes on doing as it was planned: planned
while the tables were small, it would read all of them for each batch, until it counts them anew. Where there is no
index for a thing the first setting makes it look dear, and compiling it would then take longer than doing it."""
READERS = 4
"""Connections for reading: each has a thread and a cache of its own, and more would only wait for the same disk."""

ME = secrets.token_hex(8)
"""This process among the hubs of one database."""


def writer_engine(url: str, hub: str = ME) -> Engine:
    """An engine for the one writer: a single connection, transactions that begin at once."""
    parsed = make_url(url)
    engine = create_engine(
        _with_driver(parsed, _SYNC_DRIVERS),
        pool_size=1,
        max_overflow=1,
        connect_args=_session(parsed, hub, _BY_INDEX),
    )
    if parsed.get_backend_name() == "sqlite":
        _prepare_folder(parsed)
        _tune_sqlite(engine, cache=_WRITER_CACHE)
        _begin_at_once(engine)
    return engine


def reader_engine(url: str) -> AsyncEngine:
    """An engine for awaited reads on the event loop, each of one statement.

    No transaction is around them: its beginning and its end would be a call of the database each.
    """
    parsed = make_url(url)
    engine = create_async_engine(
        _with_driver(parsed, _ASYNC_DRIVERS),
        pool_size=READERS,
        max_overflow=0,
        isolation_level="AUTOCOMMIT",
        skip_autocommit_rollback=True,
        pool_reset_on_return=None,
        pool_use_lifo=True,  # while few read, the same few connections do, whose caches are warm
        connect_args=_session(parsed, ME),
    )
    if parsed.get_backend_name() == "sqlite":
        _prepare_folder(parsed)
        _tune_sqlite(engine.sync_engine, cache=_READER_CACHE)
    return engine


def session_name(hub: str) -> str:
    """What a hub's sessions are called at PostgreSQL."""
    return f"linea-{hub}"


def _session(url: URL, hub: str, more: str = "") -> dict[str, str]:
    """How a connection to PostgreSQL is opened."""
    if url.get_backend_name() != "postgresql":
        return {}
    return {
        "application_name": session_name(hub),
        "options": f"-c idle_in_transaction_session_timeout={_IDLE_IN_TRANSACTION}{more}",
    }


def is_shared(url: str) -> bool:
    """Whether several hubs can use this database at once."""
    return make_url(url).get_backend_name() == "postgresql"


def standing_engine(url: str, hub: str = ME) -> AsyncEngine:
    """An engine whose connections are held for long, and whose statements are each a change of their own.

    A line that is dead is known as such within seconds, on both of its ends: it may hold the lock of the leader.
    """
    parsed = make_url(url)
    quick = {"keepalives_idle": 2, "keepalives_interval": 1, "keepalives_count": 3}
    server = "-c tcp_keepalives_idle=2 -c tcp_keepalives_interval=1 -c tcp_keepalives_count=3"
    return create_async_engine(
        _with_driver(parsed, _ASYNC_DRIVERS),
        isolation_level="AUTOCOMMIT",
        pool_size=3,
        max_overflow=0,
        connect_args={"application_name": session_name(hub), "options": server, "connect_timeout": 5} | quick,
    )


def another_came_between(error: DBAPIError) -> bool:
    """Whether a transaction failed only because of another hub's, or a broken line, and may go through next time.

    PostgreSQL documentation, appendix A: 23505 unique_violation (what is unique was looked for first, so
    another hub wrote it since), 40001 serialization_failure, 40P01 deadlock_detected.
    """
    state = getattr(error.orig, "sqlstate", None)
    return error.connection_invalidated or state in ("23505", "40001", "40P01")


def _with_driver(url: URL, drivers: dict[str, str]) -> URL:
    return url.set(drivername=drivers[url.get_backend_name()])


def _prepare_folder(url: URL) -> None:
    """Make the database's folder, closed to other users of the machine."""
    if url.database and url.database != ":memory:":
        folder = Path(url.database).parent
        if not folder.exists():
            folder.mkdir(mode=0o700, parents=True)


def _tune_sqlite(engine: Engine, *, cache: int) -> None:
    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: object) -> None:
        # The driver's own idea of when a transaction begins breaks savepoints: the writer has its own
        # (SQLAlchemy documentation, "Serializable isolation / Savepoints / Transactional DDL").
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (*_PRAGMAS, f"PRAGMA cache_size=-{cache}"):
            cursor.execute(pragma)
        cursor.close()


def _begin_at_once(engine: Engine) -> None:
    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
