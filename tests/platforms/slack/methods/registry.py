"""Which methods exist, which scope each needs, which arguments it cannot do without."""

from collections.abc import Callable
from dataclasses import dataclass

from ..arguments import Arguments
from ..backend import Backend
from ..records import Json

Handle = Callable[[Backend, Arguments], Json]


@dataclass(frozen=True)
class Method:
    """A Web API method. `scope` may name alternatives with `|`."""

    name: str
    handle: Handle
    scope: str | None
    required: tuple[str, ...]


METHODS: dict[str, Method] = {}


def method(name: str, scope: str | None, *required: str) -> Callable[[Handle], Handle]:
    """Register a function as a method of the Web API."""

    def register(handle: Handle) -> Handle:
        METHODS[name] = Method(name, handle, scope, required)
        return handle

    return register
