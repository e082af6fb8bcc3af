"""Follows ``config.yaml``: a good edit is in force within seconds, a broken one is refused in words."""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from settings import ConfigError, Loaded, Secrets, Settings, read, restart_keys

log = logging.getLogger("linea")

LOOK_EVERY = 0.5
"""Seconds between two looks at the file: polling works on every file system, network shares included."""
MISSED_AFTER = 6
"""Looks without a file before that is told: an editor that replaces it takes it away for a moment."""


class Watched:
    """Tells when files have been changed and have come to rest: an editor may write one in several steps."""

    def __init__(self, path: Path, others: Callable[[], tuple[Path, ...]] = tuple) -> None:
        self._path = path
        self._others = others
        self._known = self._last = self._look()
        self._missed = 0

    def changed(self) -> bool:
        """Whether they are others than before, and stay so since the look before this one."""
        now = self._look()
        rests, self._last = now == self._last, now
        self._missed = self._missed + 1 if now is None else 0
        if not rests or now == self._known or (now is None and self._missed < MISSED_AFTER):
            return False
        self._known = now
        return True

    def taken(self) -> None:
        """What was read names other files now: they are known as they are."""
        self._known = self._last = self._look()

    def _look(self) -> tuple[object, ...] | None:
        """What changes when a file is written or replaced, or the year ends; None while there is no file.

        Calendars, the other files, are counted out for the years around this one.
        """
        marks: list[object] = [datetime.now(UTC).year]
        for path in (self._path, *self._others()):
            try:
                status = path.stat()
            except OSError:
                if path == self._path:
                    return None
                marks.append(None)
            else:
                marks.append((status.st_mtime_ns, status.st_size, status.st_ino))
        return tuple(marks)


async def watch(
    config: Path, settings: Settings, given: Secrets, changed: Callable[[Settings], None]
) -> None:
    """Call ``changed`` with each new, valid configuration, for ever; a faulty one is logged and left."""

    def beside() -> tuple[Path, ...]:
        return tuple(config.parent / name for name in settings.files_beside)

    env = config.parent / ".env"
    files, secrets = await asyncio.to_thread(lambda: (Watched(config, beside), Watched(env)))
    while True:
        await asyncio.sleep(LOOK_EVERY)
        if await asyncio.to_thread(secrets.changed):
            await _warn_of_secrets(env, given)
        if not await asyncio.to_thread(files.changed):
            continue
        new = await _read(config, settings)
        if new is None or new == settings:
            continue
        try:
            changed(new)
        except Exception:  # whoever saves the next edit is to be heard, too
            log.exception("%s was read, but could not be put into force", config.name)
            continue
        for key in restart_keys(settings, new):
            log.warning("%s: %s takes effect at the next start; the rest is in force now", config.name, key)
        same = settings.files_beside == new.files_beside
        settings = new
        if not same:
            await asyncio.to_thread(files.taken)
        log.info("%s was read again and is in force", config.name)


async def _read(config: Path, before: Settings) -> Settings | None:
    """The configuration as it stands now; None, with every fault logged, where it cannot be used."""
    try:
        loaded = await asyncio.to_thread(read, config, None, before)
    except ConfigError as error:
        for fault in error.faults:
            log.error("%s", fault)
        log.error("%s was not taken over: the configuration before it stays in force", config.name)
        return None
    tell_notes(loaded)
    return loaded.settings


def tell_notes(loaded: Loaded) -> None:
    """Say what should be looked at in a configuration that can be used."""
    for note in loaded.notes:
        log.log(logging.WARNING if note.warning else logging.ERROR, "%s", note)


async def _warn_of_secrets(env: Path, given: Secrets) -> None:
    try:
        new = await asyncio.to_thread(Secrets.read, env)
    except ConfigError as error:
        for fault in error.faults:
            log.error("%s", fault)
        return
    for key in Secrets.model_fields:
        if getattr(new, key) != getattr(given, key):
            log.warning("%s: %s takes effect at the next start", env.name, key.upper())
