"""For whoever runs it: is it alive, is it ready, and the numbers (Prometheus)."""

import json
from typing import Any

from flask import Blueprint, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from models.errors import StorageError
from models.tables import DeliveryState, now_ms
from routing.around import Around
from routing.bridge import kind_of
from routing.hub import Hub
from web.api import hub

health = Blueprint("health", __name__)


@health.get("/healthz")
def alive() -> Response:
    """The process answers."""
    return Response("ok\n", mimetype="text/plain")


@health.get("/readyz")
async def ready() -> Response:
    """200 when messages can be taken and stored; each bridge's state besides."""
    report = await report_of(hub())
    return as_json(report, 200 if report["storage"] == "ok" else 503)


@health.get("/metrics")
async def metrics() -> Response:
    """The numbers, in Prometheus' text format."""
    numbers = Numbers()
    await numbers.add(hub())
    return numbers.response()


def as_json(report: dict[str, Any], status: int) -> Response:
    """A report as an answer."""
    return Response(json.dumps(report, ensure_ascii=False), status=status, mimetype="application/json")


async def report_of(hub: Hub) -> dict[str, Any]:
    """How an office is: ``storage`` is "ok" where messages can be taken and stored, else what keeps them from it."""
    report: dict[str, Any] = {"storage": "ok", "bridges": {}}
    try:
        await hub.store.ping()
    except StorageError as error:
        report["storage"] = str(error)
    if hub.journal.last_failure is not None:
        await hub.journal.probe()  # the cause may be gone, and perhaps nobody writes to find out
    if hub.journal.last_failure is not None:
        report["storage"] = str(hub.journal.last_failure)
    counts: dict[tuple[str, str], int] = {}
    oldest: dict[str, int] = {}
    if report["storage"] == "ok":
        counts, oldest = await hub.store.delivery_counts(), await hub.store.oldest_waiting()
    if hub.around is not None:
        report |= _of_several(hub, hub.around)
    for name, state in hub.healths().items():
        report["bridges"][name] = {
            "connected": state.connected,
            "problem": state.problem,
            "problem_kind": kind_of(state.problem),
            "backlog": _backlog(counts, name),
            "oldest_waiting_seconds": _age(oldest.get(name)),
            "failed": counts.get((name, DeliveryState.FAILED), 0),
            "last_event_at": state.last_event_at,
            "last_success_at": state.last_success_at,
            "details": state.details,
        }
    return report


class Numbers:
    """The numbers of one office; of several, each with its name in the label ``office``."""

    def __init__(self, *, several: bool = False) -> None:
        self.registry = CollectorRegistry()
        self._several = several
        self._streams = self.gauge("linea_streams", "Open event streams")
        self._open = self.gauge("linea_office_open", "1 while the office is open")
        self._hubs = self.gauge("linea_hubs", "Hubs on the same record")
        self._leads = self.gauge("linea_hub_leads", "1 if this hub talks to the platforms")
        self._bus = self.gauge("linea_bus_connected", "1 while hubs hear of each other at once")
        self._connected = self.gauge("linea_bridge_connected", "1 while connected", "bridge")
        self._event = self.gauge("linea_bridge_last_event_seconds", "Age of the last event", "bridge")
        self._success = self.gauge("linea_bridge_last_success_seconds", "Age of the last delivery", "bridge")
        self._problem = self.gauge("linea_bridge_problem", "1 for what is wrong", "bridge", "kind")
        self._waiting = self.gauge(
            "linea_delivery_oldest_waiting_seconds", "Age of the oldest delivery", "bridge"
        )
        self._deliveries = self.gauge("linea_deliveries", "Deliveries that are not sent", "bridge", "state")

    def gauge(self, name: str, words: str, *labels: str) -> Gauge:
        """A number that each office has, or each office for each of ``labels``."""
        office = ("office",) if self._several else ()
        return Gauge(name, words, [*office, *labels], registry=self.registry)

    async def add(self, hub: Hub, *office: str) -> None:
        """The numbers of one office, which has its name where there are several.

        Raises
        ------
        StorageError
            If the database cannot say how many deliveries wait.
        """

        def put(gauge: Gauge, value: float, *labels: str) -> None:
            (gauge.labels(*office, *labels) if office or labels else gauge).set(value)

        put(self._streams, hub.fanout.streams())
        put(self._open, hub.office().open)
        put(self._hubs, hub.around.hubs if hub.around else 1)
        put(self._leads, hub.leads)
        put(self._bus, hub.bus.connected)
        for name, state in hub.healths().items():
            put(self._connected, state.connected, name)
            if state.problem is not None:
                put(self._problem, 1, name, str(kind_of(state.problem)))
            for gauge, moment in ((self._event, state.last_event_at), (self._success, state.last_success_at)):
                if moment is not None:
                    put(gauge, (now_ms() - moment) / 1000, name)
        oldest, counts = await hub.store.oldest_waiting(), await hub.store.delivery_counts()
        for name in hub.bridges:
            put(self._waiting, _age(oldest.get(name)) or 0, name)
            for state_of_delivery in DeliveryState:
                if state_of_delivery != DeliveryState.SENT:
                    put(self._deliveries, 0, name, state_of_delivery)
        for (name, in_state), count in counts.items():
            put(self._deliveries, count, name, in_state)

    def response(self) -> Response:
        """All of them, as Prometheus reads them."""
        return Response(generate_latest(self.registry), content_type=CONTENT_TYPE_LATEST)


def _of_several(hub: Hub, around: Around) -> dict[str, Any]:
    """What there is to say where several hubs share the record."""
    away = "away: streams read the journal, and each hub counts its rates alone, until it is back"
    return {
        "hubs": around.hubs,
        "leads": hub.leads,
        "leader": around.leader,
        "bus": "ok" if hub.bus.connected else away,
    }


def _backlog(counts: dict[tuple[str, str], int], name: str) -> int:
    return sum(n for (bridge, state), n in counts.items() if bridge == name and state != DeliveryState.FAILED)


def _age(moment: int | None) -> float | None:
    return None if moment is None else max(0.0, (now_ms() - moment) / 1000)
