"""``./linea serve``: the hub, its bridges, the clock's jobs and the web pages, in one process and one loop."""

import asyncio
import contextlib
import errno
import gc
import logging
import os
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn

from routing.hub import Hub
from running.errors import StartError
from running.logs import set_up_logging
from running.office import Office, open_office
from running.parts import build_bridges, lacking, read_secrets
from running.reload import watch
from schedules.jobs import Jobs
from settings import Secrets, Settings, line_of
from web.desk import Desk
from web.environ import Scope
from web.exchange import Receive, Send
from web.protocol import BoundedProtocol

if TYPE_CHECKING:
    from running.region import Plan

log = logging.getLogger("linea")

Served = Callable[[Scope, Receive, Send], Awaitable[None]]
"""An ASGI application."""

_ABOUT_THE_PORT = {
    errno.EADDRINUSE: "another program listens there: stop it, or choose another port",
    errno.EACCES: "ports below 1024 are for root: choose 8000 or another, and put a web server in front",
}


class Server(uvicorn.Server):
    """Ends the open event streams first: uvicorn waits for every response to finish."""

    def __init__(self, config: uvicorn.Config, end_streams: Callable[[], None]) -> None:
        super().__init__(config)
        self._end_streams = end_streams

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to whoever serves: uvicorn would raise them again before the hub has stopped."""
        yield

    async def listens(self, serving: "asyncio.Task[None]") -> None:
        """Return once it takes connections, or ``serving``, its ``serve``, has ended before."""
        while not self.started and not serving.done():  # noqa: ASYNC110 - uvicorn has only a flag for it
            await asyncio.sleep(0.01)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop taking requests, end the streams, wait for what is under way."""
        self._end_streams()
        await super().shutdown(sockets)


def serve(settings: Settings, config: Path, role: str = "all") -> int:
    """Serve until a signal; the exit status. ``role``: what of it, where several hubs share the record.

    Raises
    ------
    StartError
        If it cannot begin.
    """
    set_up_logging()
    office = open_office(settings, config, read_secrets(config), role)
    listener = listen(settings, config)
    on_the_loop(_serve(office, config, listener))
    office.let_go()
    return 0


_GARBAGE = (10_000, 10, 20)
"""When to look for garbage (`gc.set_threshold`): a look through what 2,000 open streams hold stops the loop for 100 ms,
and what a request leaves is mostly freed without one."""


def on_the_loop(serving: Coroutine[Any, Any, None]) -> None:
    """Run what serves to its end; everything that is there by now is taken to stay."""
    gc.freeze()  # code, templates and tables are never garbage: a collection is short without them
    gc.set_threshold(*_GARBAGE)
    gc.enable()
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(serving)


def _loop_factory() -> "type[asyncio.AbstractEventLoop] | None":
    try:
        import uvloop
    except ImportError:  # not made for this system: asyncio's own loop does the same, slower
        return None
    factory: type[asyncio.AbstractEventLoop] = uvloop.new_event_loop  # type: ignore[assignment]
    return factory


def listen(settings: Settings, config: Path) -> socket.socket:
    """The listening socket, taken before anything else starts, so that a taken port is told plainly."""
    host, port = settings.server.host, settings.server.port
    try:
        return socket.create_server((host, port), family=_family(host), backlog=2048)
    except OSError as error:
        key = "server.port" if error.errno in _ABOUT_THE_PORT else "server.host"
        advice = _ABOUT_THE_PORT.get(
            error.errno or 0, "expected an address of this machine, such as 127.0.0.1"
        )
        reason = (error.strerror or str(error)).lower()
        raise StartError(
            f"{config}:{line_of(config, key)}: {key}: cannot listen on {host}, port {port} ({reason}): {advice}"
        ) from error


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def server_for(asgi: Served, end_streams: Callable[[], None]) -> Server:
    """The HTTP server for an application."""
    config = uvicorn.Config(
        asgi,
        interface="asgi3",  # uvicorn takes a bound method for the old two-step interface
        http=BoundedProtocol,
        lifespan="off",
        access_log=False,  # addresses of citizens do not belong in a log
        log_config=None,
        proxy_headers=True,
        forwarded_allow_ips=os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1,::1"),
        server_header=False,
        timeout_graceful_shutdown=1,  # of the 5 s in which everything is to have stopped
        timeout_keep_alive=30,
    )
    return Server(config, end_streams)


async def _serve(office: Office, config: Path, listener: socket.socket) -> None:
    hub, app = office.hub, office.app
    server = server_for(app.asgi, hub.fanout.close)
    on_signal(lambda number: server.handle_exit(number, None))
    async with running(hub, office.settings, config, office.given, office.plan, app.extensions["desk"]):
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        await server.listens(serving)
        _tell(office.settings, app.extensions["desk"], hub, office.given)
        await serving
        log.info("stopping")


def on_signal(end: Callable[[int], None]) -> None:
    """Let what ends the program be a matter of the loop's."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, end, number)


@contextlib.asynccontextmanager
async def running(
    hub: Hub,
    settings: Settings,
    config: Path,
    given: Secrets,
    plan: "Plan | None" = None,
    desk: Desk | None = None,
) -> AsyncIterator[None]:
    """Start everything that is not the web, follow the configuration, and stop it in the reverse order."""
    async with working(hub, settings, given, plan, desk) as changed:
        watching = asyncio.create_task(watch(config, settings, given, changed))
        try:
            yield
        finally:
            watching.cancel()


@contextlib.asynccontextmanager
async def working(
    hub: Hub,
    settings: Settings,
    given: Secrets,
    plan: "Plan | None" = None,
    desk: Desk | None = None,
) -> AsyncIterator[Callable[[Settings], None]]:
    """Start everything that is not the web; what is given takes a changed configuration into force.

    With a ``plan`` the hub is one of several; its ``desk`` is then one of several, too.
    """
    jobs = Jobs(hub, hub.now)
    region = None
    if plan is not None and desk is not None:
        region = plan.region(hub, desk, jobs, lambda: build_bridges(hub.settings, given, hub))

    def changed(new: Settings) -> None:
        hub.apply(new)
        jobs.rebuild(new)

    hub.journal.start()
    try:
        if region is None:
            await hub.start(build_bridges(settings, given, hub))
            jobs.start(settings)
        else:
            await region.start()
        yield changed
    finally:
        if region is not None:
            await region.stop()
        jobs.stop()
        await hub.stop()
        if region is not None:
            await region.close()
        await hub.journal.stop()
        await hub.store.close()


def _tell(settings: Settings, desk: Desk, hub: Hub, given: Secrets) -> None:
    """The three lines that a start ends with."""
    host, port = settings.server.host, settings.server.port
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    local = f"http://{shown}:{port}"
    public = settings.server.public_url.rstrip("/")
    outside = "" if public == local else f"  (from outside: {desk.link(public)})"
    on = ", ".join(hub.bridges) or "none"
    off = "".join(f"; {name} is off: it lacks {what}" for name, what in lacking(settings, given).items())
    print(f"Demo page: {local}/")
    print(f"Desk (this link works once): {desk.link(local)}{outside}")
    print(f"Bridges on: {on}{off}", flush=True)
