"""Which arguments each method takes: read off python-telegram-bot's own method signatures."""

import inspect
import re
from dataclasses import dataclass
from functools import cache

from telegram import Bot

_OF_THE_LIBRARY = {
    "self", "read_timeout", "write_timeout", "connect_timeout", "pool_timeout", "api_kwargs", "filename",
    "allow_sending_without_reply", "reply_to_message_id", "disable_web_page_preview",
}  # fmt: skip
"""What the library itself makes of these never reaches the wire under these names."""


@dataclass(frozen=True)
class Signature:
    """A method's arguments by name."""

    known: frozenset[str]
    required: frozenset[str]


@cache
def signature(method: str) -> Signature:
    """The arguments of a method of the Bot API, named as there: `sendMessage`."""
    name = re.sub(r"[A-Z]", lambda letter: f"_{letter[0].lower()}", method)
    parameters = inspect.signature(getattr(Bot, name)).parameters.values()
    ours = [each for each in parameters if each.name not in _OF_THE_LIBRARY]
    required = (each.name for each in ours if each.default is inspect.Parameter.empty)
    return Signature(frozenset(each.name for each in ours), frozenset(required))
