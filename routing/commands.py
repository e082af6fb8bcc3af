"""Operators' commands as they are typed: ``!close``, ``/pass Anagrafe``, ``offline until 15:00``."""

import re
from dataclasses import dataclass

NAMES = (
    "close",
    "take",
    "done",
    "tried",
    "pass",
    "note",
    "block",
    "unblock",
    "who",
    "here",
    "offline",
    "away",
    "online",
    "hours",
    "reply",
    "help",
)

_SHAPE = re.compile(r"([A-Za-z]+)(?:@\w+)?(?:\s+(.*))?", re.DOTALL)


@dataclass(slots=True, frozen=True)
class Command:
    """A command's name, in lower case, and the rest of its line."""

    name: str
    argument: str = ""
    people: tuple[str, ...] = ()
    """Full names of the colleagues whom the platform says the line mentions."""


def parse(text: str, sign: str) -> Command | None:
    """The command in ``text``, if it begins with ``sign`` and a letter; its name may be unknown.

    ``/close@name_of_bot`` is how Telegram addresses one bot among several in a group.
    """
    if not text.startswith(sign):
        return None
    match = _SHAPE.fullmatch(text[len(sign) :].strip())
    return Command(match[1].lower(), (match[2] or "").strip()) if match else None
