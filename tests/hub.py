"""A hub for tests: the real rooms on a real socket, in the test's own loop, with the stand-ins it is given."""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from routing.hub import Hub
from running.office import build
from running.parts import open_database, prepare_folder
from running.serve import running, server_for
from settings import Secrets, load

ALWAYS = dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), "00:00-24:00")


def sqlite_at(folder: Path) -> str:
    """The address of a folder's own SQLite database."""
    return f"sqlite:///{folder}/data/linea.db"


database_at: Callable[[Path], str] = sqlite_at
"""Gives the address of a folder's own database."""


@dataclass
class Clock:
    """A clock that stands where the test sets it; by default it runs with the real one."""

    at: datetime | None = None

    def __call__(self) -> datetime:
        return self.at or datetime.now(UTC)

    def advance(self, by: timedelta) -> None:
        """Set the clock forward."""
        self.at = self() + by


@dataclass
class RunningHub:
    """A hub that serves at ``url``."""

    url: str
    hub: Hub
    config: Path
    desk_link: str
    clock: Clock = field(default_factory=Clock)

    def rewrite(self, **changes: Any) -> None:
        """Change top-level keys of the configuration file, as an administrator does."""
        whole = json.loads(self.config.read_text()) | changes
        self.config.write_text(json.dumps(whole, ensure_ascii=False, indent=1))


def configuration(
    slack: Any = None, telegram: Any = None, mail: Any = None, **changes: Any
) -> dict[str, Any]:
    """A configuration that joins these stand-ins; always open, without limits, unless changed."""
    bridges: dict[str, Any] = {}
    if slack is not None:
        bridges["slack"] = {"channel": slack.channel, "api_url": slack.api_url}
    if telegram is not None:
        bridges["telegram"] = {"chat": telegram.chat, "api_url": telegram.api_url}
    if mail is not None:
        bridges["email"] = mail.settings
    return {
        "office": {"name": "URP – Comune di Prova"},
        "server": {"host": "127.0.0.1", "allowed_origins": ["https://www.comune.example"]},
        "database": "sqlite:///data/linea.db",
        "hours": ALWAYS,
        "bridges": bridges,
        "limits": "unlimited",
    } | changes


def tokens(slack: Any = None, telegram: Any = None, mail: Any = None) -> Secrets:
    """The secrets for these stand-ins."""
    return Secrets(
        slack_bot_token=SecretStr(slack.bot_token) if slack else None,
        slack_app_token=SecretStr(slack.app_token) if slack else None,
        telegram_bot_token=SecretStr(telegram.token) if telegram else None,
        smtp_password=SecretStr(mail.password) if mail and mail.password else None,
    )


@contextlib.asynccontextmanager
async def hub_at(
    folder: Path,
    slack: Any = None,
    telegram: Any = None,
    clock: Clock | None = None,
    mail: Any = None,
    **changes: Any,
) -> AsyncIterator[RunningHub]:
    """A running hub with its data under ``folder``; the same folder again is the same office after a restart."""
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    whole = configuration(slack, telegram, mail, **changes)
    url = f"http://127.0.0.1:{port}"
    whole["server"] = {"port": port, "public_url": url} | whole["server"]
    config = folder / "config.yaml"

    def prepare() -> str:
        config.write_text(json.dumps(whole, ensure_ascii=False, indent=1))
        prepare_folder(folder / "data")
        database = database_at(folder)
        open_database(database)
        return database

    clock = clock or Clock()
    database = await asyncio.to_thread(prepare)
    settings = await asyncio.to_thread(load, config)
    hub, app = await asyncio.to_thread(build, settings, database, folder / "data", "k" * 32, clock)
    server = server_for(app.asgi, hub.fanout.close)
    async with running(hub, settings, config, tokens(slack, telegram, mail)):
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:  # noqa: ASYNC110 - uvicorn has only a flag for it
            await asyncio.sleep(0)
        try:
            yield RunningHub(url, hub, config, app.extensions["desk"].link(url), clock)
        finally:
            server.should_exit = True
            await serving
