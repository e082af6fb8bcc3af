"""An office that answers from Slack, for tests: the stand-in, the hub, a citizen, ways to wait for them."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest_asyncio

from tests.citizen import Citizen
from tests.hub import RunningHub, hub_at
from tests.platforms.slack import Shown, SlackStandIn


@pytest_asyncio.fixture(name="slack")
async def slack_fixture() -> AsyncIterator[SlackStandIn]:
    """A Slack workspace."""
    async with SlackStandIn() as stand_in:
        yield stand_in


@pytest_asyncio.fixture(name="office")
async def office_fixture(tmp_path: Path, slack: SlackStandIn) -> AsyncIterator[RunningHub]:
    """An office that answers from Slack."""
    async with hub_at(tmp_path, slack=slack) as running:
        await slack.wait_for(lambda: slack.connected == 1)
        yield running


@pytest_asyncio.fixture(name="citizen")
async def citizen_fixture(office: RunningHub) -> AsyncIterator[Citizen]:
    """Maria, who has not written yet."""
    async with Citizen(office.url) as maria:
        yield maria


async def asks(citizen: Citizen, slack: SlackStandIn, text: str = "Buongiorno", **more: Any) -> Shown:
    """The citizen starts a conversation; the first post of its thread."""
    before = len(slack.messages())
    assert (await citizen.start(text, name="Maria Rossi", **more)).status_code == 201
    return (await slack.wait_for(lambda: slack.messages()[before:]))[0]


async def settled(slack: SlackStandIn) -> None:
    """Everything that Slack has told so far is acknowledged."""
    await slack.wait_for(lambda: not slack.socket_mode.pending())


def replies(slack: SlackStandIn, root: Shown) -> list[Shown]:
    """What stands in a thread below its first message."""
    return slack.thread(root.ts)[1:]


def problem(office: RunningHub) -> str:
    """What the bridge says is wrong."""
    return office.hub.bridges["slack"].health.problem or ""
