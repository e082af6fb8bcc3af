"""Flask on the event loop: an ASGI application that runs each request in a greenlet, with no thread anywhere.

    app = LoopFlask(__name__)

    @app.get("/later")
    async def later():
        await asyncio.sleep(1)          # the loop serves others meanwhile
        return "done"

    @app.get("/plain")
    def plain():
        return wait(fetch())            # sync code may await, too

    @app.get("/stream")
    def stream():
        async def numbers():
            for n in range(10):
                await asyncio.sleep(1)
                yield f"{n}\\n".encode()
        return streamed(numbers(), mimetype="text/plain")

    uvicorn.run(app.asgi, interface="asgi3")    # uvicorn takes a bound method for the old two-step interface

What runs without awaiting runs on the loop: it must not block. What, why, limits: docs/flask-on-the-loop.md.
Sources: PEP 3333 (WSGI), the ASGI specification 3.0 (HTTP, lifespan), Flask's documentation of
``async_to_sync`` as the method to override.
"""

import asyncio
import contextlib
import traceback
from collections.abc import AsyncIterable, Callable, Coroutine, Iterable
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeVar, cast

from flask import Flask, Response, request

from web.environ import Scope, add_body, environ_of
from web.exchange import Exchange, GoneError, Receive, Send
from web.greenlets import run, wait

__all__ = ["LoopFlask", "streamed", "wait"]

T = TypeVar("T")

_HELD = "loopflask.response"
"""Where the environ keeps a ``direct_passthrough`` response until it is sent."""


def streamed(body: AsyncIterable[bytes], **options: Any) -> Response:
    """A response whose body is awaited, piece by piece; while it waits it holds neither thread nor greenlet.

    What the view has taken for it (a subscription, a lock) is given back with ``response.call_on_close``: an
    async generator's ``finally`` does not run where the body was never begun, as in the answer to a HEAD.
    """
    return Response(cast("Iterable[bytes]", body), direct_passthrough=True, **options)


class LoopFlask(Flask):
    """A Flask application whose ``asgi`` an ASGI server runs on its event loop."""

    lifespan: Callable[[], AbstractAsyncContextManager[Any]] = contextlib.nullcontext
    """Entered when the server starts, left when it stops; an exception at first keeps it from starting."""

    def async_to_sync(self, func: Callable[..., Coroutine[Any, Any, T]]) -> Callable[..., T]:
        """Run ``async def`` views and handlers on the running loop, inside the request's greenlet."""

        def call(*args: Any, **kwargs: Any) -> T:
            return wait(func(*args, **kwargs))

        return call

    def process_response(self, response: Response) -> Response:
        """Keep hold of a response whose body is passed through.

        WSGI has no place for an async body, and Werkzeug hands a passed-through one over without the
        ``call_on_close`` functions.
        """
        response = super().process_response(response)
        if response.direct_passthrough:
            request.environ[_HELD] = response
        return response

    async def asgi(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one HTTP request, or the server's lifespan (ASGI 3.0). WebSockets are refused.

        Raises
        ------
        Exception
            What the application raised outside Flask's error handling, as in a stream. The server logs it,
            and answers 500 or, after the headers, drops the connection.
        """
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1000})
        else:
            raise RuntimeError(f"LoopFlask does not serve {scope['type']}")

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = Exchange(receive, send)
        try:
            awaited = await run(self._answer, scope, exchange)
            if awaited is not None:
                await _stream(awaited, exchange)
        except GoneError:
            pass  # nobody is left to be answered
        except asyncio.CancelledError:
            if not exchange.only_gone():
                raise
        finally:
            exchange.close()

    def _answer(self, scope: Scope, exchange: Exchange) -> Response | None:
        """Run the WSGI application here and send its answer; one whose body is to be awaited is returned."""
        environ = environ_of(scope)
        exchange.unread = add_body(environ, exchange.piece)
        result = self.wsgi_app(environ, exchange.start)
        held: Response | None = environ.pop(_HELD, None)
        # Werkzeug lets the request and its environ hold each other: apart, both go now, not with the garbage.
        environ.pop("werkzeug.request", None)
        if held is not None and hasattr(held.response, "__aiter__"):
            exchange.bodiless = result is not held.response
            return held
        close = getattr(result, "close", None) if held is None else held.close
        try:
            if exchange.left is None:
                exchange.watch()
            for chunk in result:
                if chunk:
                    wait(exchange.write(chunk))
            if not exchange.finished:
                wait(exchange.finish())
        finally:
            exchange.unwatch()
            if close is not None:
                close()
        return None

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        phase = "startup"
        try:
            async with self.lifespan():
                await send({"type": "lifespan.startup.complete"})
                phase = "shutdown"
                await receive()
        except Exception:
            await send({"type": f"lifespan.{phase}.failed", "message": traceback.format_exc()})
        else:
            await send({"type": "lifespan.shutdown.complete"})


async def _stream(response: Response, exchange: Exchange) -> None:
    """Send what an async body gives, until it ends or the client goes away; close it whatever happened."""
    source: Any = response.response
    try:
        if not exchange.bodiless:
            exchange.watch(discard=True)
            await (
                exchange.begin()
            )  # now: who opens a stream that is silent at first shall know that it is open
            async for chunk in source:
                await exchange.write(chunk)
        if not exchange.finished:
            await exchange.finish()
    finally:
        exchange.unwatch()
        try:
            if hasattr(source, "aclose"):
                await source.aclose()
        finally:
            await run(response.close)
