"""What the other hubs on the same record last said of themselves, as a hub knows it that does not lead."""

import time
from collections.abc import Collection
from typing import Any

from models.hubs import Peer
from routing.bridge import Bridge, Health, Problem, kind_of
from routing.watch import STEADY


class Around:
    """Read again every few seconds (``routing.neighbours``)."""

    def __init__(self) -> None:
        self.hubs = 1
        """How many are there, this one among them."""
        self.leader: str | None = None
        self.desks = 0
        """How many desks are open on the others."""
        self._report: dict[str, Any] = {}
        self._led_at = time.monotonic()

    def saw(self, peers: list[Peer], me: str) -> None:
        """These are there now."""
        self.hubs = len(peers)
        self.desks = sum(peer.desks for peer in peers if peer.id != me)
        leaders = [peer for peer in peers if peer.term is not None]
        self.leader = leaders[0].id if leaders else None
        if leaders:
            self._led_at = time.monotonic()
            self._report = leaders[0].report

    def away(self, platforms: Collection[str]) -> set[str]:
        """The platforms that are away; all of them, where nobody has talked to them for a while."""
        if self.leader is None and time.monotonic() - self._led_at >= STEADY:
            return set(platforms)
        return set(self._report.get("away", ()))

    def healths(self) -> dict[str, Health]:
        """What the leader knows of the platforms."""
        return {
            name: Health(**(told | {"problem": _problem(told["problem"])}))
            for name, told in self._report.get("bridges", {}).items()
        }


def _problem(told: list[str] | None) -> Problem | None:
    return None if told is None else Problem(*told)


def report_of(bridges: dict[str, Bridge], away: set[str]) -> dict[str, Any]:
    """What a leader tells the others of its platforms."""
    told = {}
    for name, bridge in bridges.items():
        health = bridge.health
        told[name] = {
            "connected": health.connected,
            "blocked": health.blocked,
            "problem": None if health.problem is None else [kind_of(health.problem), str(health.problem)],
            "last_event_at": health.last_event_at,
            "last_success_at": health.last_success_at,
            "details": health.details,
        }
    return {"away": sorted(away), "bridges": told}
