"""Socket Mode: connections, envelopes, acknowledgements, redelivery."""

import asyncio
import json
import socket
import struct
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from aiohttp import WSMsgType, web

from .records import APP, Json

MAX_CONNECTIONS = 10


@dataclass(frozen=True)
class Ack:
    """One acknowledgement: of which envelope, of which event, with what payload."""

    envelope_id: str
    event_id: str | None
    payload: Json | None


@dataclass
class Delivery:
    """Something for the app, and how far it got. `attempt` counts the sendings, 0 for none yet."""

    type: str
    payload: Json
    attempt: int = 0
    envelopes: list[str] = field(default_factory=list)
    acked: bool = False
    connection: "Connection | None" = None

    @property
    def event_id(self) -> str | None:
        """The event's id; None for interactions."""
        return self.payload.get("event_id")


class Connection:
    """One WebSocket of the app; frames leave in order through its own writer."""

    def __init__(self, ws: web.WebSocketResponse, request: web.Request) -> None:
        self.ws = ws
        self.dark = False
        self.dismissed = False
        self._request = request
        self._frames: asyncio.Queue[Json | None] = asyncio.Queue()

    def send(self, frame: Json) -> None:
        """Queue a frame; a dark connection swallows it."""
        self._frames.put_nowait(frame)

    def hang_up(self) -> None:
        """Close the connection once all that is queued is sent."""
        self._frames.put_nowait(None)

    async def write(self) -> None:
        """Send what is queued, until cancelled or broken."""
        while True:
            frame = await self._frames.get()
            if frame is None:
                await self.ws.close()
            elif not self.dark:
                await self.ws.send_str(json.dumps(frame))

    def reset(self) -> None:
        """Break the connection with a TCP reset: no close frame, no goodbye."""
        transport = self._request.transport
        if transport is None:
            return
        raw = transport.get_extra_info("socket")
        if raw is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()


class SocketMode:
    """The app's connections and everything on its way to the app."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self.connections: list[Connection] = []
        self.deliveries: list[Delivery] = []
        self.acks: list[Ack] = []
        self.strange_frames: list[str] = []
        self.opened = 0
        self.holding = False
        self._tickets: set[str] = set()
        self._changed = changed
        self._turn = 0

    # Towards the app

    def ticket(self) -> str:
        """A ticket for one connection."""
        ticket = uuid.uuid4().hex
        self._tickets.add(ticket)
        return ticket

    def offer(self, type: str, payload: Json) -> Delivery:
        """Send something to one of the connections, or keep it until there is one."""
        delivery = Delivery(type, payload)
        self.deliveries.append(delivery)
        if not self.holding:
            self._send(delivery)
        self._changed()
        return delivery

    def pending(self) -> list[Delivery]:
        """What was not acknowledged yet, oldest first."""
        return [d for d in self.deliveries if not d.acked]

    def redeliver(self, acked: bool = False) -> int:
        """Send again what was not acknowledged (with `acked`, the rest too); returns how many.

        Interactions are never redelivered by Slack: the person sees an error instead.
        """
        again = [d for d in self.deliveries if d.type == "events_api" and (acked or not d.acked)]
        for delivery in again:
            self._send(delivery)
        return len(again)

    def forget_pending(self) -> int:
        """Give up what was not acknowledged, as Slack does after about six minutes; returns how many."""
        lost = self.pending()
        self.deliveries = [d for d in self.deliveries if d.acked]
        return len(lost)

    def hold(self) -> None:
        """Keep events back from now on."""
        self.holding = True

    def release(self, backwards: bool = False) -> None:
        """Send what was held back, in order or backwards."""
        self.holding = False
        held = [d for d in self.deliveries if d.attempt == 0]
        for delivery in reversed(held) if backwards else held:
            self._send(delivery)

    def disconnect(self, reason: str, *, closes: bool = False) -> None:
        """Announce to every connection that it must go: warning, refresh_requested, link_disabled, ...

        Until the app has gone it hears nothing more there; with `closes` Slack breaks the connection itself.
        """
        for connection in self.connections:
            connection.send({"type": "disconnect", "reason": reason, "debug_info": {"host": "stand-in"}})
            connection.dismissed = True
            if closes:
                connection.hang_up()

    def reset(self) -> None:
        """Break every connection abruptly."""
        for connection in self.connections:
            connection.reset()

    def black_hole(self) -> None:
        """The open connections go silent both ways: no pong, no event, no acknowledgement arrives."""
        for connection in self.connections:
            connection.dark = True

    def _is_on_its_way(self, delivery: Delivery) -> bool:
        return delivery.connection in self.connections and not delivery.connection.dismissed

    def _send(self, delivery: Delivery) -> None:
        listening = [connection for connection in self.connections if not connection.dismissed]
        if not listening:
            return
        self._turn += 1
        connection = listening[self._turn % len(listening)]
        envelope: Json = {
            "envelope_id": str(uuid.uuid4()),
            "type": delivery.type,
            "payload": delivery.payload,
            "accepts_response_payload": delivery.type != "events_api",
        }
        if delivery.type == "events_api":
            reason = "timeout" if delivery.attempt else ""
            envelope |= {"retry_attempt": delivery.attempt, "retry_reason": reason}
        delivery.attempt += 1
        delivery.connection = connection
        delivery.envelopes.append(envelope["envelope_id"])
        connection.send(envelope)

    # From the app

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One connection's life. A ticket is good once; a used one is answered 408 as Slack does."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=408, text="ticket expired")
        self._tickets.discard(ticket)
        ws = web.WebSocketResponse(autoping=False, autoclose=False)
        await ws.prepare(request)
        connection = Connection(ws, request)
        writer = asyncio.create_task(connection.write())
        if len(self.connections) >= MAX_CONNECTIONS:
            await ws.send_json({"type": "disconnect", "reason": "too_many_websockets", "debug_info": {}})
            writer.cancel()
            return ws
        self._welcome(connection)
        try:
            await self._read(connection)
        finally:
            writer.cancel()
            self.connections.remove(connection)
            self._changed()
        return ws

    def _welcome(self, connection: Connection) -> None:
        self.connections.append(connection)
        self.opened += 1
        hello: Json = {"type": "hello", "num_connections": len(self.connections)}
        debug = {"host": "stand-in", "build_number": 1, "approximate_connection_time": 18060}
        connection.send({**hello, "debug_info": debug, "connection_info": {"app_id": APP}})
        if not self.holding:
            for delivery in self.pending():
                if delivery.type == "events_api" and not self._is_on_its_way(delivery):
                    self._send(delivery)
        self._changed()

    async def _read(self, connection: Connection) -> None:
        async for message in connection.ws:
            if connection.dark:
                continue
            if message.type == WSMsgType.PING:
                await connection.ws.pong(message.data)
            elif message.type == WSMsgType.TEXT:
                self._acknowledge(message.data)
        if connection.dark:
            await asyncio.Event().wait()  # not even a goodbye is answered; ends with the TCP connection
        await connection.ws.close()

    def _acknowledge(self, text: str) -> None:
        try:
            frame = json.loads(text)
            envelope = frame["envelope_id"]
        except (ValueError, TypeError, KeyError):
            self.strange_frames.append(text)
            return
        delivery = next((d for d in self.deliveries if envelope in d.envelopes), None)
        if delivery is None:
            self.strange_frames.append(text)
            return
        delivery.acked = True
        self.acks.append(Ack(envelope, delivery.event_id, frame.get("payload")))
        self._changed()
