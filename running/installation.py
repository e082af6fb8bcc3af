"""``./linea serve --config DIRECTORY``: many offices in one process, each as its own ``NAME/config.yaml`` says."""

import asyncio
import gc
import logging
import os
from pathlib import Path

from running.claims import Claims
from running.errors import StartError
from running.front import Front
from running.logs import set_up_logging
from running.reload import LOOK_EVERY, MISSED_AFTER
from running.serve import on_signal, on_the_loop
from running.town import Shared, Town
from settings import Secrets
from web.hosts import Hosts
from web.installation import create_installation, create_resting

log = logging.getLogger("linea")

NAME = "config.yaml"
_LAST = 4.0
"""Seconds that offices have to stop, of the 5 s in which everything is to have stopped."""


def offices_in(folder: Path) -> dict[str, Path]:
    """The configuration of each office, by the name of its folder, in the order of the names.

    Raises
    ------
    OSError
        If the folder cannot be read.
    """
    found = sorted(entry.name for entry in os.scandir(folder) if not entry.name.startswith("."))
    return {name: folder / name / NAME for name in found if (folder / name / NAME).exists()}


def some_offices_in(folder: Path) -> dict[str, Path]:
    """The same, for a command.

    Raises
    ------
    StartError
        If there is none, or the folder is that of a single office.
    """
    if (folder / NAME).exists():
        raise StartError(f"{folder} is the folder of a single office: expected --config {folder / NAME}")
    offices = offices_in(folder)
    if not offices:
        example = folder / "comune" / NAME
        raise StartError(f"{folder} holds no office: expected a folder for each with its file, as {example}")
    return offices


def serve_all(folder: Path, role: str) -> int:
    """Serve every office in a folder until a signal; the exit status. ``role``: see ``serve``.

    Raises
    ------
    StartError
        If there is none.
    """
    set_up_logging()
    some_offices_in(folder)
    for name in Secrets.model_fields:
        if os.environ.get(name.upper()):
            log.warning("%s in the environment is for no office: each has its own .env", name.upper())
    on_the_loop(Installation(folder, role).serve())
    return 0


class Installation:
    """The offices of a folder; those that come are taken up, and those that go are let go."""

    def __init__(self, folder: Path, role: str) -> None:
        self._folder = folder
        self._towns: dict[str, Town] = {}
        self._lives: dict[str, asyncio.Task[None]] = {}
        hosts = Hosts(create_installation(self._towns).asgi)
        self._front = Front(hosts.asgi, self._end_streams)
        resting = create_resting().asgi
        self._shared = Shared(Claims(), hosts, self._front, resting, self._something_is_free, role)
        self._unreadable = False

    async def serve(self) -> None:
        """Serve until a signal."""
        ended = asyncio.Event()
        on_signal(lambda _number: ended.set())
        # One after the other: of two that claim the same, the first by its name has it.
        for name, config in (await asyncio.to_thread(offices_in, self._folder)).items():
            await self._take_up(name, config)
            await self._towns[name].read.wait()
        following = asyncio.create_task(self._follow())
        starting = asyncio.create_task(self._say_when_started())
        await ended.wait()
        log.info("stopping")
        for task in (following, starting):
            task.cancel()
        await self._front.end()
        for town in self._towns.values():
            town.leave()
        if self._lives:
            await asyncio.wait(self._lives.values(), timeout=_LAST)

    async def _say_when_started(self) -> None:
        first = list(self._towns.values())
        for town in first:
            await town.tried.wait()
        gc.freeze()
        idle = [town.name for town in first if town.hub is None]
        rest = f"; not served, see the log: {', '.join(idle)}" if idle else ""
        where = " and ".join(self._front.addresses) or "no address"
        print(f"Serving {len(first) - len(idle)} of {len(first)} offices on {where}{rest}", flush=True)

    async def _take_up(self, name: str, config: Path) -> None:
        town = await asyncio.to_thread(Town, name, config, self._shared)
        self._towns[name] = town
        self._lives[name] = asyncio.create_task(town.live())

    async def _follow(self) -> None:
        """Look at the folder again and again, for ever."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            try:
                there, changed = await asyncio.to_thread(self._look)
            except OSError as error:  # a disk that is away for a moment is no reason to let everybody go
                if not self._unreadable:
                    log.error("%s: %s; the offices go on as they are", self._folder, error.strerror or error)
                self._unreadable = True
                continue
            self._unreadable = False
            for name in changed:
                self._towns[name].look_again(fresh=True)
            for name in [name for name, life in self._lives.items() if life.done()]:
                del self._towns[name], self._lives[name]
            for name, town in self._towns.items():
                town.missed = 0 if name in there else town.missed + 1
                if town.missed == MISSED_AFTER:  # an editor that replaces a file takes it away for a moment
                    town.leave()
            for name, config in there.items():
                if name not in self._towns:
                    await self._take_up(name, config)

    def _look(self) -> tuple[dict[str, Path], list[str]]:
        there = offices_in(self._folder)
        return there, [name for name, town in self._towns.items() if name in there and town.changed()]

    def _end_streams(self) -> None:
        for town in self._towns.values():
            if town.hub is not None:
                town.hub.fanout.close()

    def _something_is_free(self) -> None:
        for town in self._towns.values():
            town.look_again(fresh=False)
