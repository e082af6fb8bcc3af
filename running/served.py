"""An office of an installation while it runs: its requests are counted, so that it can stop without the others."""

import asyncio
import contextlib
import contextvars
import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from models.engine import writer_engine
from models.identity import own_identity
from running.claims import Claim, claims_of, of_postgresql
from running.errors import StartError
from running.logs import OFFICE
from running.office import Office, open_office
from running.serve import working
from settings import Secrets, Settings, database_url
from web.environ import Scope
from web.exchange import Receive, Send

log = logging.getLogger("linea")

LAST_REQUESTS = 2.0
"""Seconds that requests under way have to come to their end."""

T = TypeVar("T")


class Served:
    """An office at work."""

    def __init__(self, name: str, office: Office) -> None:
        self.office = office
        self.changed: Callable[[Settings], None] = office.hub.apply
        """Takes a changed configuration into force."""
        self._name = name
        self._work = contextlib.AsyncExitStack()
        self._requests: set[asyncio.Task[Any]] = set()

    async def begin(self) -> None:
        """Start everything that is not the web.

        Raises
        ------
        StartError
            If something in it fails; nothing of it runs then.
        """
        office = self.office
        try:
            desk = office.app.extensions["desk"]
            work = working(office.hub, office.settings, office.given, office.plan, desk)
            self.changed = await self._work.enter_async_context(work)
        except StartError:
            office.let_go()
            raise
        except Exception as error:
            log.exception("the office could not be started")
            office.let_go()
            raise StartError(f"the office could not be started: {error}") from error

    async def asgi(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        OFFICE.set(self._name)
        task = asyncio.current_task()
        assert task is not None
        self._requests.add(task)
        try:
            await self.office.app.asgi(scope, receive, send)
        finally:
            self._requests.discard(task)

    async def end(self) -> None:
        """Stop, once no request can come any more: streams end, and what is under way is finished."""
        self.office.hub.fanout.close()
        if self._requests:
            _, late = await asyncio.wait(self._requests, timeout=LAST_REQUESTS)
            for task in late:
                task.cancel()
        try:
            await self._work.aclose()
        except Exception:
            log.exception("the office did not stop cleanly")
        self.office.let_go()


def open_with_claims(
    settings: Settings, config: Path, given: Secrets, role: str
) -> tuple[Office, list[Claim]]:
    """Open an office, and say what it claims now that its key and its record are there. Not for the loop.

    Raises
    ------
    StartError
        If it cannot be served.
    """
    office = open_office(settings, config, given, role)
    claims = claims_of(settings, config, given)
    engine = writer_engine(database_url(settings, config.parent, given))
    try:
        identity = own_identity(engine)
    finally:
        engine.dispose()
    if identity is not None:
        claims.append(of_postgresql(identity, config))
    return office, claims


async def apart(work: Callable[[], T]) -> T:
    """Do ``work`` in a thread of its own.

    Where it hangs, on a database that is away, it holds up neither other offices, as in asyncio's pool, nor the end
    of the program.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def settle(outcome: T | None, error: BaseException | None) -> None:
        if done.cancelled():
            return
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(outcome)  # type: ignore[arg-type]

    def run() -> None:
        outcome, failure = None, None
        try:
            outcome = work()
        except BaseException as error:
            failure = error
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, outcome, failure)

    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=(run,), name="apart", daemon=True).start()
    return await done
