"""Sync code on the event loop: a function runs in a greenlet, and can wait for awaitables there."""

import asyncio
import sys
import threading
from collections.abc import Awaitable, Callable, Coroutine, Generator
from typing import Any, TypeVar, cast

from greenlet import getcurrent, greenlet  # type: ignore[import-untyped]
from sqlalchemy.util.concurrency import await_only

T = TypeVar("T")

_MOST_IDLE = 64
"""Greenlets kept for reuse, each with some 20 KB of stack: as many as are often under way at one time."""


def wait(awaitable: Awaitable[T]) -> T:
    """Await in the sync code of a request: a view, a handler, a template's function, a generator.

    The coroutine is driven from here, and only what it waits for is handed to the loop. So it may call sync
    code that waits in its turn (an async view calls ``request.get_data()``), and one that does not have to
    wait costs no switch.

    Raises
    ------
    sqlalchemy.exc.MissingGreenlet
        If it has to wait where no greenlet is: in an async generator, in a task of its own.
    """
    given = awaitable if asyncio.iscoroutine(awaitable) else _coroutine(awaitable)
    steps = cast("Coroutine[Any, Any, T]", given)
    thrown: BaseException | None = None
    try:
        pending = steps.send(None)
        while True:
            try:
                outcome = await_only(_Step(pending))
            except BaseException as error:
                thrown = error  # thrown in below: in here it would look as if it were being handled
            if thrown is None:
                pending = steps.send(outcome)
            else:
                pending = steps.throw(thrown)
                thrown = None
    except StopIteration as done:
        result: T = done.value
        return result
    finally:
        del thrown  # no cycle through its traceback


async def _coroutine(awaitable: Awaitable[T]) -> T:
    return await awaitable


class _Step:
    """What a coroutine waits for, handed on to the loop's task as it is."""

    __slots__ = ("_pending",)

    def __init__(self, pending: Any) -> None:
        self._pending = pending

    def __await__(self) -> Generator[Any, Any, Any]:
        return (yield self._pending)


class _Worker(greenlet):  # type: ignore[misc]
    """A greenlet that calls one function after another."""

    __sqlalchemy_greenlet_provider__ = True
    """SQLAlchemy's sync API over an asyncio driver may wait in here, too."""

    def __init__(self) -> None:
        super().__init__()
        self.busy = False
        self.result: Any = None
        self.error: BaseException | None = None

    def run(self, function: Callable[..., Any], args: tuple[Any, ...]) -> None:
        """Call what is switched in, for ever."""
        while True:
            self.busy = True
            try:
                self.result = function(*args)
            except BaseException as error:
                self.error = error
            self.busy = False
            del function, args
            function, args = self.parent.switch()


class _Idle(threading.local):
    def __init__(self) -> None:
        self.workers: list[_Worker] = []


_idle = _Idle()


async def run(function: Callable[..., T], *args: Any) -> T:
    """Call ``function`` in a greenlet, in this task's context; what it waits for is awaited here.

    Does what SQLAlchemy's ``greenlet_spawn`` does, with greenlets that are used again: for each new one
    CPython asks the system for a stack and gives it back, which takes some 8 µs.
    """
    current = getcurrent()
    idle = _idle.workers
    worker = idle.pop() if idle else _Worker()
    worker.parent = current
    worker.gr_context = current.gr_context
    awaitable = worker.switch(function, args)
    while worker.busy:
        try:
            outcome = await awaitable
        except BaseException:
            awaitable = worker.throw(*sys.exc_info())
        else:
            awaitable = worker.switch(outcome)
    result, error = worker.result, worker.error
    worker.result = worker.error = worker.gr_context = None
    if len(idle) < _MOST_IDLE:
        idle.append(worker)
    if error is not None:
        try:
            raise error
        finally:
            del error
    return cast(T, result)
