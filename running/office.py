"""One office, ready to be served: its data folder held, its record open, its hub and its pages built."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from models.engine import is_shared, reader_engine, writer_engine
from models.journal import Journal
from models.store import Store
from routing.files import FileStore
from routing.hub import Hub
from running.errors import StartError
from running.parts import data_folder, hold_alone, open_database, prepare_folder, secret_key
from settings import Secrets, Settings, database_url
from web.application import create
from web.asgi import LoopFlask

if TYPE_CHECKING:
    from running.region import Plan


@dataclass(frozen=True, slots=True)
class Office:
    """What serves one office. Nothing of it runs yet."""

    settings: Settings
    given: Secrets
    folder: Path
    hub: Hub
    app: LoopFlask
    lock: int | None
    """What keeps a second hub from the data folder; None where several hubs share the record."""
    plan: "Plan | None"
    """How it lives with other hubs on the same record; None: it is alone."""

    def let_go(self) -> None:
        """Give the data folder up, once nothing of it runs any more."""
        _let_go(self.lock)


def open_office(settings: Settings, config: Path, given: Secrets, role: str = "all") -> Office:
    """Take hold of everything an office needs. Waits for disks and databases, so it is not for the loop.

    ``role`` is the hub's among several on one record.

    Raises
    ------
    StartError
        If it cannot be served, with what to do about it.
    """
    url = database_url(settings, config.parent, given)
    folder = data_folder(url, config)
    prepare_folder(folder)
    shared = is_shared(url)
    if not shared and role != "all":
        raise StartError(
            f"--role {role} is for several hubs, which share a PostgreSQL: the record here is {url}"
        )
    lock = None if shared else hold_alone(folder)
    try:
        open_database(url)
        key = secret_key(given, folder)
        plan = _plan(url, given, key, role) if shared else None
        hub, app = build(settings, url, folder, key, lambda: datetime.now(UTC), plan)
    except BaseException:
        _let_go(lock)
        raise
    return Office(settings, given, folder, hub, app, lock, plan)


def _let_go(lock: int | None) -> None:
    if lock is not None:
        os.close(lock)


def _plan(url: str, given: Secrets, key: str, role: str) -> "Plan":
    """Not imported where a town has one hub: it would pay for it at each start."""
    from running.region import plan

    return plan(url, given, key, role)


def build(
    settings: Settings,
    url: str,
    folder: Path,
    key: str,
    now: Callable[[], datetime],
    plan: "Plan | None" = None,
) -> tuple[Hub, LoopFlask]:
    """The hub and its web application, not started. Reads templates, so it is not for the loop."""
    journal = Journal(writer_engine(url))
    store = Store(reader_engine(url))
    hub = Hub(settings, journal, store, FileStore(folder / "files"), key.encode(), now)
    if plan is None:
        return hub, create(hub, key)
    return hub, create(hub, key, plan.rates, serves_citizens=plan.role != "bridges")
