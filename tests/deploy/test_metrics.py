"""The documents and the dashboard speak of the metrics that the program has, and of all of them."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest_asyncio

from tests.program import ROOT, Program, free_port
from tests.towns import Installation

DASHBOARD: dict[str, Any] = json.loads((ROOT / "deploy" / "grafana.json").read_text())
OF_PROMETHEUS = {"job", "instance"}
"""The labels that every metric has from Prometheus itself."""
OF_TOWNS = {"office"}
"""The label that every metric has where there are several offices; one alone is all of "any or none"."""


@pytest_asyncio.fixture(name="metrics")
async def metrics_fixture(tmp_path: Path) -> AsyncIterator[str]:
    """What an office says whose Telegram cannot be reached."""
    telegram = {"chat": -1001234567890, "api_url": f"http://127.0.0.1:{free_port()}"}
    program = Program(tmp_path, bridges={"telegram": telegram})
    program.environment["TELEGRAM_BOT_TOKEN"] = "12345:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    await program.start()
    async with asyncio.timeout(60), httpx.AsyncClient(base_url=program.url) as client:
        text = ""
        while "linea_bridge_problem{" not in text:
            text = (await client.get("/metrics")).text
    yield text
    await program.end()


def named(metrics: str) -> dict[str, set[str]]:
    """Each metric, and the labels it was seen with."""
    found: dict[str, set[str]] = {
        name: set() for name in re.findall(r"^# TYPE (\w+) ", metrics, re.MULTILINE)
    }
    for name, labels in re.findall(r"^(\w+)\{(.*)\} ", metrics, re.MULTILINE):
        found[name] |= set(re.findall(r"(\w+)=", labels))
    return found


@pytest_asyncio.fixture(name="of_towns")
async def of_towns_fixture(tmp_path: Path) -> AsyncIterator[str]:
    """What an installation of several towns says."""
    installation = Installation(tmp_path)
    installation.add("alba")
    await installation.start()
    yield (await installation.ask("/metrics")).text
    await installation.end()


async def test_the_documents_say_of_each_metric_what_it_means(metrics: str, of_towns: str) -> None:
    docs = (ROOT / "docs" / "operations.md").read_text()
    rows = re.findall(r"^\| `(linea_\w+)` \| .+ \| .+ \|$", docs, re.MULTILINE)
    assert sorted(rows) == sorted({**named(metrics), **named(of_towns)})
    assert set(named(metrics)) < set(named(of_towns))


async def test_the_dashboard_asks_for_metrics_and_labels_that_exist(metrics: str) -> None:
    have = named(metrics)
    # These two are about what a platform last said, and this one has never said anything.
    silent = {"linea_bridge_last_event_seconds", "linea_bridge_last_success_seconds"}
    seen: set[str] = set()
    for panel in DASHBOARD["panels"]:
        for target in panel["targets"]:
            expression = target["expr"]
            names = set(re.findall(r"\blinea_\w+", expression))
            assert names or expression.startswith("up{"), expression
            assert names <= set(have), expression
            seen |= names
            asked = set(re.findall(r"(\w+)!?=", expression)) | set(
                re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])
            )
            asked |= (
                set(re.findall(r"by \(([\w, ]+)\)", expression)[0].split(", "))
                if " by (" in expression
                else set()
            )
            for name in names - silent:
                assert asked - OF_PROMETHEUS - OF_TOWNS <= have[name], expression
    assert seen == set(have)


def test_the_dashboard_is_one_that_grafana_can_import() -> None:
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(ids) == len(set(ids))
    variables = {variable["name"] for variable in DASHBOARD["templating"]["list"]}
    assert set(re.findall(r"\$\{?(\w+)", json.dumps(DASHBOARD))) <= variables
    filled = {
        (p["gridPos"]["x"] + x, p["gridPos"]["y"])
        for p in DASHBOARD["panels"]
        for x in range(p["gridPos"]["w"])
    }
    assert len(filled) == sum(panel["gridPos"]["w"] for panel in DASHBOARD["panels"])  # none lies on another
    assert max(x for x, _ in filled) < 24
