"""Brings the database to the shape this version needs (Alembic), at start-up."""

import threading
from pathlib import Path

from sqlalchemy import Connection, Engine, func, inspect, select, text

_SCRIPTS = Path(__file__).parent.parent / "migrations"

_LOCK = 0x4C696E6561_02
"""The advisory lock of whoever changes the database's shape."""
_UNCOUNTED = text("SELECT reltuples < 0 FROM pg_class WHERE oid = 'entry'::regclass")
"""Whether PostgreSQL has never counted the entries: after a move or a restore it would read all of them for each
message, until it has counted them by itself a minute later. Of a column that a migration has added it knows no more."""

_ALEMBIC = threading.Lock()
"""Alembic keeps what it is about in its module: of several databases, one after the other."""


def migrate(engine: Engine) -> None:
    """Apply every migration the database has not seen, in one transaction.

    Hubs that start at once on one PostgreSQL do it one after the other: those that come later find it done.
    """
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
        is_old = not _has_seen_all(connection)
        if is_old:
            _upgrade(connection)
        if connection.dialect.name == "postgresql" and (is_old or connection.execute(_UNCOUNTED).scalar()):
            connection.execute(text("ANALYZE conversation, entry, delivery, remote_message, thread"))


def _has_seen_all(connection: Connection) -> bool:
    """Whether the newest migration is the last that was applied: so it is at nearly every start."""
    newest = max(script.name for script in (_SCRIPTS / "versions").glob("0*.py")).partition("_")[0]
    if not inspect(connection).has_table("alembic_version"):
        return False
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all() == [newest]


def _upgrade(connection: Connection, revision: str = "head") -> None:
    from alembic import command  # only now: its import is a fifth of a start
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    config.attributes["connection"] = connection
    with _ALEMBIC:
        command.upgrade(config, revision)
