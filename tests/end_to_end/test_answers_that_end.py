"""Events for a client whose proxy holds streams back: answers that end, with nothing lost between two of them."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.citizen import Citizen
from tests.hub import RunningHub, hub_at
from tests.office import luca, soon


@pytest_asyncio.fixture
async def office(tmp_path: Path) -> AsyncIterator[RunningHub]:
    """An office that answers from its desk."""
    async with hub_at(tmp_path) as running:
        yield running


async def test_an_answer_ends_with_what_there_is_and_a_waiting_one_with_the_next_thing(
    office: RunningHub,
) -> None:
    async with Citizen(office.url) as maria:
        await maria.start("Buongiorno")
        at_once = await maria.call("GET", "/events?wait=25")
        assert "Buongiorno" in at_once.text
        later = asyncio.create_task(
            maria.http.get(
                f"/api/conversations/{maria.id}/events?wait=25",
                headers=maria.headers | {"Last-Event-ID": "1"},
            )
        )
        await soon(lambda: office.hub.fanout.listeners(maria.id))
        await office.hub.operator_wrote(luca("1"), maria.id, "Salve")
        first = (await later).text
        rest = await maria.http.get(
            f"/api/conversations/{maria.id}/events?wait=0",
            headers=maria.headers | {"Last-Event-ID": first.split("id: ")[-1].split("\n")[0]},
        )
        assert (first + rest.text).count("Salve") == 1
        assert office.hub.fanout.listeners(maria.id) == 0


@pytest.mark.parametrize("wait", ["", "-1", "26", "a", "１", "1e1"])
async def test_another_wait_than_the_contract_has_is_refused(office: RunningHub, wait: str) -> None:
    async with Citizen(office.url) as maria:
        await maria.start("Buongiorno")
        answer = await maria.http.get(
            f"/api/conversations/{maria.id}/events", params={"wait": wait}, headers=maria.headers
        )
        assert answer.status_code == 400
        assert "wait" in answer.json()["detail"]
