"""pydantic's complaints as faults in words: what was found, what was expected, what was probably meant."""

import difflib
import re
from collections.abc import Iterator
from typing import Any

from settings.closures import DAYS
from settings.document import Document, Location
from settings.faults import Fault, Unfit
from settings.model import Settings
from settings.part import Part

TOKEN = re.compile(r"xox[a-z](\.xox[a-z])?-[\w-]{6,}|xapp-[\w-]{6,}|[0-9]{6,}:[A-Za-z0-9_-]{30,}")
"""Slack's tokens and Telegram's, as the platforms write them."""

_NEEDED = {
    "office": "the office, with at least its name",
    "name": "a name",
    "hours": "opening hours, such as mon: 08:30-13:00 (an office that never closes: 00:00-24:00 each day)",
    "channel": "a channel's id such as C0123456789",
    "chat": "a group's id such as -1001234567890",
    "page": 'a pattern for the page\'s address, in quotes, such as "*/anagrafe/*"',
    "text": "the text of the answer",
    "question": "the question",
    "answer": "the answer to it",
    "from": "the season's first day, such as 06-15",
    "to": "the season's last day, such as 09-15",
}
_ITALIAN_DAYS = dict(zip(("lun", "mar", "mer", "gio", "ven", "sab", "dom"), DAYS, strict=True))


def explain(error: Any, file: str, document: Document) -> Fault:
    """One of pydantic's errors as a fault."""
    location: Location = tuple(error["loc"])
    kind, key = error["type"], name(location)
    if kind == "extra_forbidden":
        line, column = document.key_place(location)
        return Fault(file, line, column, key, "an unknown key", _known_keys(location))
    if kind == "missing":
        line, column = document.key_place(location)
        return Fault(file, line, column, key, "nothing", _needed(location))
    line, column = document.place(location)
    unfit = error.get("ctx", {}).get("error")
    if isinstance(unfit, Unfit):
        found = _masked(unfit.found) if unfit.found else found_at(location, document)
        return Fault(file, line, column, key, found, _masked(unfit.expected))
    return Fault(file, line, column, key, found_at(location, document), _expected(kind, location))


def _needed(location: Location) -> str:
    if location[-1] == "hours" and len(location) > 1:
        return "hours such as 09:00-12:00"
    return _NEEDED[str(location[-1])]


def name(location: Location) -> str:
    """``bridges.slack.channel``, ``departments.2.name`` (counted from 1); a token is not repeated."""
    parts = (str(part + 1) if isinstance(part, int) else part or '""' for part in location)
    return _masked(".".join(parts))


def _masked(text: str) -> str:
    return TOKEN.sub("…", text)


def found_at(location: Location, document: Document) -> str:
    """What stands there, as it is written."""
    value = document.at(location)
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return f"keys ({', '.join(name((key,)) for key in list(value)[:3])})" if value else "{}"
    if isinstance(value, list):
        return "a list"
    text = _masked(document.written.get(location, str(value)))
    if not text.strip():
        return "an empty text"
    short = f"{text[:60]}…" if len(text) > 60 else text
    shown = " ".join(part for part in short.split() if part.isprintable())
    return shown if not isinstance(value, str) else f"“{shown}”"


def _expected(kind: str, location: Location) -> str:
    part = _part_at(location)
    if kind in ("model_type", "model_attributes_type") and part is not None:
        return f"keys under it: {', '.join(part.keys())}"
    if kind in ("tuple_type", "list_type"):
        return "a list: [ … ], or lines that begin with a dash"
    return "another value"


def _known_keys(location: Location) -> str:
    key, parent = str(location[-1]), location[:-1]
    part = _part_at(parent)
    keys = part.keys() if part is not None else []
    if re.match(r"\s*[0-9]{1,2}[:.][0-9]{2}\s*-", key) and "hours" in parent:
        return 'quotes around hours with a comma between { and }: {…, hours: "09:00-12:00, 14:00-16:00"}'
    near = _near(key, keys)
    if near is not None:
        return f"one of {', '.join(keys)} (did you mean {near}?)"
    elsewhere = [name((*above, key)) for above in _sections(Settings, ()) if key in _keys_at(above)]
    hint = f" ({key} stands in {elsewhere[0]})" if len(elsewhere) == 1 else ""
    return f"one of {', '.join(keys)}{hint}"


def _near(key: str, keys: list[str]) -> str | None:
    folded = key.casefold().replace("-", "_").strip()
    if set(DAYS) <= set(keys):
        for day in DAYS:
            if folded.startswith(
                (day, *(italian for italian, english in _ITALIAN_DAYS.items() if english == day))
            ):
                return day
    return next(iter(difflib.get_close_matches(folded, keys, n=1, cutoff=0.6)), None)


def _part_at(location: Location) -> type[Part] | None:
    part: type[Part] | None = Settings
    for step in location:
        if isinstance(step, str) and part is not None:
            part = part.section(step)
    return part


def _keys_at(location: Location) -> list[str]:
    part = _part_at(location)
    return part.keys() if part is not None else []


def _sections(part: type[Part], above: Location) -> Iterator[Location]:
    """Where keys may stand, the top left out."""
    for key in part.keys():  # noqa: SIM118 - not a dict
        section = part.section(key)
        if section is not None:
            yield (*above, key)
            yield from _sections(section, (*above, key))
