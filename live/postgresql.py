"""PostgreSQL's LISTEN and NOTIFY as the bus of hubs that have no Redis: enough for a few of them."""

import contextlib
from collections import deque
from collections.abc import AsyncIterator, Iterator

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from live.bus import LiveBus


class _NotifyLine:
    """Fulfils ``live.bus.Line`` by a channel of the database; one connection listens, the other speaks."""

    most = 7_500
    """Under the 8,000 bytes of a notification."""

    def __init__(
        self, speaking: psycopg.AsyncConnection, listening: psycopg.AsyncConnection, channel: str
    ) -> None:
        self._speaking = speaking
        self._listening = listening
        self._channel = channel
        self._heard: deque[str] = deque()

    async def publish(self, text: str) -> None:
        """NOTIFY."""
        with _as_os_error():
            await self._speaking.execute("SELECT pg_notify(%s, %s)", (self._channel, text))

    async def receive(self, patience: float) -> str | None:
        """The next notification."""
        if not self._heard:
            with _as_os_error():
                # There may be more than one: whatever has come together is given together.
                async for notice in self._listening.notifies(timeout=patience, stop_after=1):
                    self._heard.append(notice.payload)
        return self._heard.popleft() if self._heard else None


@contextlib.contextmanager
def _as_os_error() -> Iterator[None]:
    try:
        yield
    except psycopg.Error as error:
        raise OSError(str(error)) from error


def notify_bus(url: str, channel: str) -> LiveBus:
    """The bus of the hubs on one database that know this channel."""
    address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)

    @contextlib.asynccontextmanager
    async def opening() -> AsyncIterator[_NotifyLine]:
        with _as_os_error():
            listening = await psycopg.AsyncConnection.connect(address, autocommit=True, connect_timeout=5)
            try:
                await listening.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
                speaking = await psycopg.AsyncConnection.connect(address, autocommit=True, connect_timeout=5)
            except BaseException:
                await listening.close()
                raise
        try:
            yield _NotifyLine(speaking, listening, channel)
        finally:
            await speaking.close()
            await listening.close()

    return LiveBus("PostgreSQL's LISTEN", opening)
