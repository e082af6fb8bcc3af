"""A citizen's further message is answered before Flask, and as Flask's view would answer it."""

import uuid
from pathlib import Path
from typing import Any

import flask
import httpx
import pytest

from routing.commands import Command
from tests.citizen import Citizen
from tests.hub import hub_at
from tests.visitors import by_anna, maria_fixture, office_fixture

__all__ = ["maria_fixture", "office_fixture"]

ORDINARY = "application/json"
BY_FLASK = "application/json; charset=utf-8"
"""Means the same, and is unusual enough to be left to the view."""
TOWN = "https://www.comune.example"


async def say(citizen: Citizen, how: str, client_id: str | None = None, **headers: str) -> httpx.Response:
    """Send a further message as one of the two types."""
    return await citizen.http.post(
        f"/api/conversations/{citizen.id}/messages",
        json={"client_id": client_id or str(uuid.uuid4()), "text": "Perché no? 😀"},
        headers={"Content-Type": how} | citizen.headers | headers,
    )


def shown(answer: httpx.Response) -> tuple[int, dict[str, str], set[str]]:
    """What of an answer does not depend on the moment."""
    passing = ("date", "content-length")
    headers = {name: value for name, value in answer.headers.items() if name not in passing}
    assert int(answer.headers["content-length"]) == len(answer.content)
    return answer.status_code, headers, set(answer.json())


@pytest.mark.parametrize("origin", [None, TOWN, "https://evil.example"])
async def test_both_ways_give_the_same_answer(maria: Citizen, origin: str | None) -> None:
    more = {"Origin": origin} if origin else {}
    ways = []
    for how in (ORDINARY, BY_FLASK):
        client_id = str(uuid.uuid4())
        first = await say(maria, how, client_id, **more)
        again = await say(maria, how, client_id, **more)
        assert (first.status_code, again.status_code) == (201, 200)
        assert again.json() == first.json()
        ways.append([shown(first), shown(again)])
    assert ways[0] == ways[1]


async def test_a_message_that_came_one_way_is_known_the_other_way(maria: Citizen) -> None:
    client_id = str(uuid.uuid4())
    assert (await say(maria, ORDINARY, client_id)).status_code == 201
    assert (await say(maria, BY_FLASK, client_id)).status_code == 200


async def test_an_ordinary_message_does_not_trouble_flask(maria: Citizen) -> None:
    asked: list[str] = []

    def note(_app: object, **_: Any) -> None:
        asked.append(flask.request.content_type or "")

    with flask.request_started.connected_to(note):
        for how in (ORDINARY, BY_FLASK):
            assert (await say(maria, how)).status_code == 201
    assert asked == [BY_FLASK]


async def test_one_that_is_refused_has_its_refusal_from_flask(maria: Citizen) -> None:
    answer = await say(maria, ORDINARY, Authorization="Bearer not it")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.headers["Content-Type"] == "application/problem+json"


async def test_one_that_comes_to_nothing_counts_once(tmp_path: Path) -> None:
    limits = {"per_conversation": "2/h"}
    async with hub_at(tmp_path, limits=limits) as office, Citizen(office.url) as citizen:
        await citizen.start("ciao")
        await office.hub.operator_commanded(by_anna("b"), citizen.id, Command("block"))
        answers = [await say(citizen, ORDINARY) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [403, 403, 429]
