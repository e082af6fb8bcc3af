"""A PostgreSQL of the tests' own: Debian's server in a temporary folder, on loopback, never one that runs already."""

import contextlib
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
from psycopg import sql

from tests.program import free_port

_LOOKS = 1_800
_WAITING = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)
_GATE_LOCK = 4711
_GATE = (
    "CREATE FUNCTION gate() RETURNS trigger LANGUAGE plpgsql AS"
    f" 'BEGIN PERFORM pg_advisory_xact_lock_shared({_GATE_LOCK}); RETURN NULL; END'"
)


class PostgreSQL:
    """A server with its data in ``folder``; ``durable``: what it has acknowledged survives a power cut."""

    def __init__(self, folder: Path, *, durable: bool = False) -> None:
        self._folder = folder
        self._durable = durable
        self.port = free_port()

    def url(self, database: str) -> str:
        """The address of a database, as ``config.yaml`` has it."""
        return f"postgresql://linea@127.0.0.1:{self.port}/{database}"

    def database_for(self, folder: Path) -> str:
        """The address of the folder's own database; empty at first, the same one each time."""
        name = f"office_{hashlib.sha256(str(folder).encode()).hexdigest()[:16]}"
        new = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
        exists = contextlib.suppress(psycopg.errors.DuplicateDatabase)
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection, exists:
            connection.execute(new)
        return self.url(name)

    def count(self, folder: Path) -> None:
        """Have it count the rows of the folder's database, as it does by itself once a minute."""
        with psycopg.connect(self.database_for(folder), autocommit=True) as connection:
            connection.execute("ANALYZE")

    def wait_for_waiting(self, folder: Path, sessions: int = 1) -> None:
        """Return once so many sessions of the folder's database wait for a lock; blocks for a minute and more."""
        with psycopg.connect(self.database_for(folder), autocommit=True) as connection:
            for _ in range(_LOOKS):
                found = connection.execute(_WAITING).fetchone()
                if found is not None and found[0] >= sessions:
                    return
                connection.execute("SELECT pg_sleep(0.05)")
        raise TimeoutError(f"there never were {sessions} sessions that wait for a lock")

    @contextlib.contextmanager
    def holding_up(self, folder: Path, event: str, table: str, condition: str) -> Iterator[None]:
        """Within the block no commit with this ``event`` ("UPDATE") goes through: ``wait_for_waiting`` sees it."""
        with psycopg.connect(self.database_for(folder), autocommit=True) as connection:
            connection.execute(_GATE)
            connection.execute(
                f"CREATE CONSTRAINT TRIGGER gate AFTER {event} ON {table} DEFERRABLE INITIALLY DEFERRED"
                f" FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION gate()"
            )
            connection.execute("SELECT pg_advisory_lock(%s)", [_GATE_LOCK])
            yield

    def initialise(self) -> None:
        """Make the folder's contents."""
        if os.geteuid() == 0:
            shutil.chown(self._folder, "postgres", "postgres")
        _run(
            "initdb", "-D", self._data, "-U", "linea", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"
        )

    def start(self) -> None:
        """Start it; returns when it takes connections."""
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c max_connections=200"
        if not self._durable:
            options += " -c fsync=off"
        _run("pg_ctl", "-D", self._data, "-l", str(self._folder / "log"), "-o", options, "-w", "-s", "start")

    def stop(self) -> None:
        """Stop it at once, cutting every connection."""
        _run("pg_ctl", "-D", self._data, "-m", "immediate", "-w", "-s", "stop")

    @property
    def _data(self) -> str:
        return str(self._folder / "data")


@contextlib.contextmanager
def postgresql(*, durable: bool = False) -> Iterator[PostgreSQL]:
    """Start a server; stopped, and its folder removed, at the end."""
    folder = Path(tempfile.mkdtemp(prefix="linea-postgresql-"))
    server = PostgreSQL(folder, durable=durable)
    try:
        server.initialise()
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def programs() -> Path | None:
    """Where PostgreSQL's server programs are; Debian keeps them out of the PATH, in a folder for each version."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    found = str(installed[-1]) if installed else shutil.which("initdb")
    return Path(found).parent if found else None


def _run(program: str, *arguments: str) -> None:
    """PostgreSQL refuses to run as root: then as the user that Debian's package makes for it."""
    folder = programs()
    if folder is None:
        raise RuntimeError("the tests need PostgreSQL's server (on Debian: the package postgresql)")
    prefix = (
        ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
    )
    done = subprocess.run(
        [*prefix, str(folder / program), *arguments], cwd="/", check=False, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=120,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{program}: {done.stderr.strip()[-500:]}")
