"""One office of an installation: served as its files say, followed, and brought back by itself once it can be."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from routing.hub import Hub
from running.claims import Claim, Claims, claims_of
from running.errors import StartError
from running.front import Front
from running.logs import OFFICE
from running.parts import lacking, warn_of_readers
from running.reload import Watched, tell_notes
from running.served import Served, apart, open_with_claims
from settings import ConfigError, Secrets, Settings, address_in, read, restart_keys
from web.hosts import App, Hosts

log = logging.getLogger("linea")

RETRY = 10.0
"""Seconds after which an office that cannot be served is tried again: its database may be back."""


@dataclass(frozen=True, slots=True)
class Shared:
    """What the offices of an installation have in common."""

    claims: Claims
    hosts: Hosts
    front: Front
    resting: App
    """Answers in the place of an office that cannot be served."""
    freed: Callable[[], None]
    """To be called when an office gives up what another may be waiting for."""
    role: str
    """What of each office is served here, where several hubs share its record."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an office's files ask for."""

    settings: Settings
    given: Secrets
    claims: list[Claim] = field(compare=False)


class Town:
    """One office, from the day its folder appears to the day it is taken away."""

    def __init__(self, name: str, config: Path, shared: Shared) -> None:
        """Looks at files, so it is not for the loop."""
        self.name = name
        self.config = config
        self.faults: list[str] = []
        self.read = asyncio.Event()
        """Its files were read, and what they claim is its own, or refused."""
        self.tried = asyncio.Event()
        """It was tried to serve it, with whatever outcome."""
        self.missed = 0
        """Looks in a row at which its file was not there."""
        self._shared = shared
        self._beside: list[str] = []
        self._files = Watched(config, self._others)
        self._in_force: Wanted | None = None
        self._served: Served | None = None
        self._rests_at: str | None = None
        self._fresh = True
        self._blocked = False
        self._leaving = False
        self._wake = asyncio.Event()

    @property
    def hub(self) -> Hub | None:
        """Its hub, while it is served."""
        return self._served.office.hub if self._served else None

    def changed(self) -> bool:
        """Whether its files were changed and have come to rest. Not for the loop."""
        return self._files.changed()

    def look_again(self, *, fresh: bool) -> None:
        """Its files were changed (``fresh``), or something that it waited for may be free."""
        if fresh or self.faults:
            self._fresh = self._fresh or fresh
            self._wake.set()

    def leave(self) -> None:
        """Let it come to its end."""
        self._leaving = True
        self._wake.set()

    async def live(self) -> None:
        """Serve it, and follow its files, until it is to leave."""
        OFFICE.set(self.name)
        while not self._leaving:
            self._wake.clear()
            try:
                await self._follow()
            except Exception as error:  # the others go on, and so does this one with the next change
                log.exception("something unforeseen")
                self._refuse([f"{self.config}: something unforeseen: {error!r}"])
            self.read.set()
            self.tried.set()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(RETRY if self._served is None else None):
                    await self._wake.wait()
        await self._stop()
        self._rest_at(None)
        self._shared.claims.let_go(self.name)
        self._shared.freed()
        log.info("the office is not served any more")

    async def _follow(self) -> None:
        """Bring what runs into line with the files; where that cannot be, what ran goes on."""
        fresh, self._fresh = self._fresh, False
        try:
            wanted = await apart(lambda: self._read(fresh))
            await self._files_are(wanted.settings.files_beside)
            blocked, self._blocked = self._blocked, False
            if conflicts := self._shared.claims.conflicts(self.name, wanted.claims):
                self._blocked = True
                self._refuse(conflicts)
            elif fresh or blocked or self._served is None:
                await self._serve(wanted)
                self.faults = []
        except ConfigError as error:
            self._refuse([str(fault) for fault in error.faults])
            if self._served is None:
                self._rest_at(await apart(lambda: address_in(self.config)))
        except StartError as error:
            self._refuse([str(error)])

    def _read(self, fresh: bool) -> Wanted:
        before = self._in_force.settings if self._in_force else None
        loaded = read(self.config, None, before)
        given = Secrets.read(self.config.parent / ".env", {})
        try:
            claims = claims_of(loaded.settings, self.config, given)
        except OSError as error:
            raise StartError(f"{error.filename}: {(error.strerror or str(error)).lower()}") from error
        if fresh:
            tell_notes(loaded)
            warn_of_readers(self.config)
        return Wanted(loaded.settings, given, claims)

    def _others(self) -> tuple[Path, ...]:
        folder = self.config.parent
        return (folder / ".env", *(folder / name for name in self._beside))

    async def _files_are(self, beside: list[str]) -> None:
        if beside != self._beside:
            self._beside = beside
            await asyncio.to_thread(self._files.taken)

    def _refuse(self, faults: list[str]) -> None:
        """Say what is wrong, once."""
        if faults != self.faults:
            for words in faults:
                log.error("%s", words)
            log.error(
                "%s was not taken over: %s",
                self.config.name,
                "the configuration before it stays in force" if self._served else "the office is not served",
            )
        self.faults = faults

    async def _serve(self, wanted: Wanted) -> None:
        """Put it into force: as the office runs, or with a new start of this one where that is needed.

        Raises
        ------
        StartError
            If it cannot be; what was in force before is again.
        """
        before = self._in_force
        if self._served is None or before is None:
            await self._start(wanted, [])
        elif before.given != wanted.given or restart_keys(before.settings, wanted.settings):
            log.info("the office starts anew, with what has changed")
            await self._stop()
            try:
                await self._start(wanted, before.claims)
            except StartError:
                await self._start(before, [])
                raise
        elif before != wanted:
            self._served.changed(wanted.settings)
            self._in_force = wanted
            self._hold(wanted.claims)
            log.info("%s was read again and is in force", self.config.name)

    async def _start(self, wanted: Wanted, besides: list[Claim]) -> None:
        """Start it; ``besides`` is what it may come back to, and keeps meanwhile."""
        settings, shared = wanted.settings, self._shared
        self._rest_at(settings.server.public_url)
        self._hold([*wanted.claims, *besides])
        self.read.set()
        try:
            await shared.front.listen(settings, self.config)
            office, claims = await apart(
                lambda: open_with_claims(settings, self.config, wanted.given, shared.role)
            )
            if conflicts := shared.claims.conflicts(self.name, claims):
                office.let_go()
                raise StartError("; ".join(conflicts))
            self._hold([*claims, *besides])
            served = Served(self.name, office)
            await served.begin()
        except StartError:
            self._hold(besides)
            raise
        self._hold(claims)
        self._in_force, self._served = Wanted(settings, wanted.given, claims), served
        self._rest_at(None)
        shared.hosts.join(settings.server.public_url, served.asgi)
        link = office.app.extensions["desk"].link(settings.server.public_url)
        off = "".join(f"; {name} lacks {what}" for name, what in lacking(settings, wanted.given).items())
        on = ", ".join(office.hub.bridges) or "none"
        print(f"{self.name}: desk (this link works once): {link}; bridges on: {on}{off}", flush=True)
        log.info("the office is served at %s", settings.server.public_url)

    def _hold(self, claims: list[Claim]) -> None:
        self._shared.claims.hold(self.name, claims)
        self._shared.freed()

    async def _stop(self) -> None:
        """Stop what runs; who asks for it meanwhile is told to ask again."""
        if self._served is None:
            return
        served, self._served = self._served, None
        address = served.office.settings.server.public_url
        self._shared.hosts.leave(address, served.asgi)
        self._rest_at(address)
        await served.end()

    def _rest_at(self, public_url: str | None) -> None:
        """Let whoever asks for the office there hear that it is not served just now; with None, nobody any more."""
        hosts, resting = self._shared.hosts, self._shared.resting
        if self._rests_at is not None and self._rests_at != public_url:
            hosts.leave(self._rests_at, resting)
            self._rests_at = None
        if public_url is not None and hosts.at(public_url) is None:
            hosts.join(public_url, resting)
            self._rests_at = public_url
