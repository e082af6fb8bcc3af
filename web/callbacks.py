"""Callbacks as the desk lists them, on its page and as a table for a spreadsheet."""

import csv
import io
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from models.tables import Callback, Conversation, State, What
from routing.callbacks import new_reference, progress_of
from routing.core import Core
from texts import Words
from web.schemas import NewCallback

log = logging.getLogger(__name__)

_MOST = 2_000
"""Rows: what an office takes in over a year, after which they are erased anyway."""
_COLUMNS = ("reference", "created", "state", "tries", "taken", "name", "phone", "email", "lang", "text")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula (OWASP, "CSV Injection")."""


def from_a_program(new: NewCallback) -> str | None:
    """A made-up reference where the field was filled in that only a program sees; nothing is stored for it."""
    if not new.homepage.strip():
        return None
    log.info("a form that a program had filled in was not taken")
    return new_reference()


FILTERS = ("open", "mine", "tried", "done", "all")
"""The parts of the list: what is open, of that my own and where nobody answered, what is done, everything."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which callbacks are listed; ``operator`` is who looks, ``department`` "" for every one."""

    part: str
    department: str
    operator: str

    @classmethod
    def of(cls, wanted: Mapping[str, str], operator: str, default: str) -> "Filter":
        """What an address or a form asks for; what it cannot ask for is the default."""
        part = wanted.get("callbacks", default)
        return cls(part if part in FILTERS else default, wanted.get("department", ""), operator)

    @property
    def open_only(self) -> bool:
        """Whether what is done is left out."""
        return self.part not in ("done", "all")

    def lists(self, callback: Callback, row: Conversation) -> bool:
        """Whether this one is among them."""
        if self.department and row.department != self.department:
            return False
        match self.part:
            case "mine":
                return row.taken_by == self.operator
            case "tried":
                return callback.tries > 0
            case "done":
                return row.state == State.CLOSED
        return True


async def callbacks_shown(hub: Core, wanted: Filter) -> list[dict[str, Any]]:
    """Callbacks with what the citizen wrote: open ones the oldest first, else the newest first."""
    zone = ZoneInfo(hub.settings.office.timezone)
    shown = []
    rows = await hub.store.callbacks(open_only=wanted.open_only, limit=_MOST)
    for callback, row in [one for one in rows if wanted.lists(*one)]:
        asked = [
            record.text
            for record in await hub.store.entries(row.id, limit=50)
            if record.kind == What.CALLBACK or (record.kind == What.MESSAGE and record.author == "visitor")
        ]
        shown.append(
            {
                "id": row.id,
                "reference": callback.reference,
                "name": callback.name,
                "email": callback.email,
                "phone": callback.phone,
                "text": "\n".join(part for part in asked if part),
                "lang": row.lang,
                "created_at": datetime.fromtimestamp(row.created_at / 1000, UTC).astimezone(zone),
                "state": progress_of(callback, row).value,
                "tries": callback.tries,
                "taken_by": row.taken_by,
            }
        )
    return shown


def as_csv(words: Words, callbacks: list[dict[str, Any]]) -> bytes:
    """The table as Excel and LibreOffice open it with a double click: UTF-8 with its mark, semicolons."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow([words(f"desk_column_{column}") for column in _COLUMNS])
    for one in callbacks:
        state = words(f"desk_callback_{one['state']}")
        values = (
            one["reference"], one["created_at"].strftime("%Y-%m-%d %H:%M"), state, one["tries"], one["taken_by"],
            one["name"], one["phone"], one["email"], one["lang"], one["text"],
        )  # fmt: skip
        writer.writerow([_harmless(value) for value in values])
    return "\ufeff".encode() + out.getvalue().encode()


def _harmless(value: object) -> str:
    """A cell that is shown and never calculated."""
    cell = "" if value is None else str(value)
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
