"""A real Chromium (Debian's) before a real hub: one browser for all of these tests, a fresh profile for each."""

import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from tests.browser.states import CLOCK_OF_A_CLOSED_OFFICE, FAQ, HOURS_OF_A_CLOSED_OFFICE
from tests.browser.visits import Visits
from tests.hub import Clock, RunningHub, hub_at
from tests.line import Line
from tests.platforms.slack import SlackStandIn

SWITCHES = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """The browser that ``./linea test`` installs."""
    program = shutil.which("chromium")
    assert program, "chromium is not installed: ./linea test brings it"
    async with async_playwright() as playwright:
        sandboxed = os.geteuid() != 0  # Chromium refuses its sandbox to root
        browser = await playwright.chromium.launch(
            executable_path=program, args=SWITCHES, chromium_sandbox=sandboxed
        )
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def visits(chromium: Browser) -> AsyncIterator[Visits]:
    """Citizens' browsers; fails the test on an error of any page's script or a breach of its policy."""
    visits = Visits(chromium)
    yield visits
    await visits.close()


@pytest_asyncio.fixture(loop_scope="session")
async def slack() -> AsyncIterator[SlackStandIn]:
    """A Slack workspace."""
    async with SlackStandIn() as stand_in:
        yield stand_in


@pytest_asyncio.fixture(loop_scope="session")
async def office(tmp_path: Path, slack: SlackStandIn) -> AsyncIterator[RunningHub]:
    """An office that is always open and answers from Slack."""
    async with hub_at(tmp_path, slack=slack, faq=FAQ) as running:
        await slack.wait_for(lambda: slack.connected == 1)
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def closed_office(tmp_path: Path, slack: SlackStandIn) -> AsyncIterator[RunningHub]:
    """An office on a Thursday that opens tomorrow."""
    clock = Clock(CLOCK_OF_A_CLOSED_OFFICE)
    async with hub_at(tmp_path, slack=slack, clock=clock, hours=HOURS_OF_A_CLOSED_OFFICE, faq=FAQ) as running:
        await slack.wait_for(lambda: slack.connected == 1)
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def line(office: RunningHub) -> AsyncIterator[Line]:
    """The citizen's connection to the office."""
    async with Line(office.url) as line:
        yield line
