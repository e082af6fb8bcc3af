"""Reads ``config.yaml``; every fault of the file is told at once, line by line, in plain words."""

import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from pydantic import ValidationError

from settings.document import Document, Location, SyntaxFault, parse
from settings.explaining import TOKEN, explain, found_at, name
from settings.faults import ConfigError, Fault
from settings.model import Settings
from settings.notes import Note, past_days, with_calendars, with_logo
from settings.secrets import Secrets

LARGEST = 256 * 1024
"""Bytes: a configuration is a page or two; anything larger is another file."""
_SECRET_NAME = re.compile(r"token|secret|password|passwd|api_?key", re.IGNORECASE)
_ENVIRONMENT = {key.upper() for key in Secrets.model_fields}


@dataclass(frozen=True, slots=True)
class Loaded:
    """A configuration that can be used, and what should nevertheless be looked at: it keeps nothing from working."""

    settings: Settings
    notes: tuple[Fault, ...] = ()


def load(path: Path) -> Settings:
    """The configuration in ``path``; see ``read``."""
    return read(path).settings


def read(path: Path, today: date | None = None, before: Settings | None = None) -> Loaded:
    """The configuration in ``path``, with its closure calendars around ``today``.

    A calendar that cannot be read is noted and closes nothing, or what it closed in ``before``; so is a logo.

    Raises
    ------
    ConfigError
        If it cannot be read or used; it names every fault.
    """
    file = str(path)
    document = _document(path, file)
    settings = _validated(document, file)
    today = today or datetime.now(UTC).date()
    settings, notes = with_calendars(settings, path.parent, today, before)
    settings, of_logo = with_logo(settings, path.parent, before)
    notes += of_logo
    notes += list(past_days(settings, today))
    return Loaded(settings, tuple(_noted(file, note, document) for note in notes))


def _noted(file: str, note: Note, document: Document) -> Fault:
    found = note.unfit.found or found_at(note.location, document)
    line, column = document.place(note.location)
    return Fault(file, line, column, name(note.location), found, note.unfit.expected, note.warning)


def _document(path: Path, file: str) -> Document:
    text = _read(path)
    try:
        document = parse(text)
    except SyntaxFault as error:
        line, column = error.place
        raise ConfigError(
            [Fault(file, line, column, "", error.unfit.found or "this", error.unfit.expected)]
        ) from None
    if not isinstance(document.value, dict):
        found = "an empty file" if document.value is None else "no keys"
        raise ConfigError([Fault(file, 1, 1, "", found, "keys such as office: and hours:")])
    return document


def _validated(document: Document, file: str) -> Settings:
    faults = [
        Fault(file, *place, name(location), unfit.found or "this", unfit.expected)
        for location, place, unfit in document.misfits
    ]
    secrets = list(_secrets(document.value, (), document))
    faults += [_secret_fault(file, location, document) for location in secrets]
    told = document.unreadable.union(secrets)
    settings = None
    try:
        settings = Settings.model_validate(document.value)
    except ValidationError as error:
        for found_fault in error.errors(include_url=False):
            if tuple(found_fault["loc"]) not in told:
                faults.append(explain(found_fault, file, document))
    if faults or settings is None:
        raise ConfigError(sorted(faults, key=lambda fault: (fault.line, fault.column)))
    return settings


def _read(path: Path) -> str:
    def refuse(found: str, expected: str, line: int = 1) -> ConfigError:
        return ConfigError([Fault(str(path), line, 1, "", found, expected)])

    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            kind = "a folder" if stat.S_ISDIR(status.st_mode) else "something that is not a file"
            raise refuse(kind, "the configuration file itself, such as config.yaml")
        if status.st_size > LARGEST:
            raise refuse(f"{status.st_size // 1024} KiB", f"a configuration of at most {LARGEST // 1024} KiB")
        content = path.read_bytes()
    except FileNotFoundError:
        raise refuse(
            "no such file", "a configuration: name one with --config, or copy the one shipped"
        ) from None
    except OSError as error:
        words = (error.strerror or "an error").lower()
        raise refuse(f"that it cannot be read ({words})", "a file that this user may read") from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise refuse(
            "a character that is not UTF-8", "the file to be saved with the encoding UTF-8", line
        ) from None


def _secrets(node: object, location: Location, document: Document) -> Iterator[Location]:
    """Where a token or a password was written into the file by mistake."""
    items: list[tuple[str | int, object]] = []
    if isinstance(node, dict):
        items = list(node.items())
    elif isinstance(node, list):
        items = list(enumerate(node))
    for key, value in items:
        here = (*location, key)
        named = isinstance(key, str) and (
            TOKEN.search(key) or (_is_secret(key) and value not in (None, {}, []))
        )
        if named or (isinstance(value, str) and TOKEN.search(value)):
            yield here
        else:
            yield from _secrets(value, here, document)


def _is_secret(key: str) -> bool:
    return key.upper() in _ENVIRONMENT or _SECRET_NAME.search(key) is not None


def _secret_fault(file: str, location: Location, document: Document) -> Fault:
    line, column = document.key_place(location)
    expected = "none in this file: secrets belong in the environment or in the file .env beside it"
    return Fault(file, line, column, name(location), "what looks like a secret (not repeated here)", expected)
