"""Which methods exist, and the checks that all of them share."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..arguments import Arguments
from ..backend import Backend
from ..errors import bad_request
from ..signatures import signature

Handle = Callable[[Backend, Arguments], Any]

_WORDS_FOR_MISSING = {"chat_id": "chat_id is empty", "text": "message text is empty"}


@dataclass(frozen=True)
class Method:
    """A method of the Bot API."""

    name: str
    handle: Handle

    def run(self, telegram: Backend, args: Arguments) -> Any:
        """Check the arguments' names and do it."""
        takes = signature(self.name)
        for name in sorted(takes.required):
            if name not in args:
                raise bad_request(_WORDS_FOR_MISSING.get(name, f'parameter "{name}" is required'))
        attached = {
            value.removeprefix("attach://") for value in args.values.values() if isinstance(value, str)
        }
        for name in sorted({*args.values, *args.uploads} - takes.known):
            # Telegram passes over what it does not know; here it is a mistake to be found.
            if name not in attached:
                raise bad_request(f'unknown parameter "{name}"')
        return self.handle(telegram, args)


METHODS: dict[str, Method] = {}
"""By name in lower case: Telegram does not look at case."""


def method(name: str) -> Callable[[Handle], Handle]:
    """Register a function as a method of the Bot API."""

    def register(handle: Handle) -> Handle:
        METHODS[name.lower()] = Method(name, handle)
        return handle

    return register
