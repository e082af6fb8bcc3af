"""Which record an address leads to: two addresses may be written differently and mean the same.

Two schemas of one database count as one: what PostgreSQL locks by number, it locks in the whole database.
"""

from pathlib import Path

from sqlalchemy import Engine, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

_WHICH = text("SELECT system_identifier, current_database() FROM pg_control_system()")


def written_identity(url: URL) -> str:
    """What the address alone says of it: for SQLite all there is to know."""
    if url.get_backend_name() == "sqlite":
        return f"sqlite {Path(url.database or '').resolve()}"
    return f"postgresql {(url.host or '').lower()} {url.port or 5432} {url.database}"


def own_identity(engine: Engine) -> str | None:
    """What PostgreSQL itself says of it, under whatever name the server was reached; None where it does not."""
    if engine.dialect.name != "postgresql":
        return None
    try:
        with engine.connect() as connection:
            return " ".join(str(part) for part in connection.execute(_WHICH).one())
    except DBAPIError:  # a service that keeps its control data to itself: then the address has to do
        return None
