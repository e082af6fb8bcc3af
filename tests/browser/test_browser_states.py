"""Every state of every page: no fault that axe-core finds, in light and dark, and none that a small screen cuts off.

With LINEA_SCREENSHOTS=FOLDER in the environment each state is also photographed, to be looked at; `./linea test
--pictures` keeps one of each for the documents.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Page

from tests import npm
from tests.browser.states import CLOSED, LETTERS, OPEN, Scene, Way
from tests.browser.visits import Visits
from tests.hub import RunningHub, hub_at
from tests.line import Line
from tests.platforms.mail import MailStandIn
from tests.platforms.slack import SlackStandIn

pytestmark = pytest.mark.asyncio(loop_scope="session")

PHOTOGRAPHED = os.environ.get("LINEA_SCREENSHOTS")
DOCUMENTS = Path(__file__).parents[2] / "docs" / "images"
FOR_THE_DOCUMENTS = os.environ.get("LINEA_PICTURES")
FOUND = """async () => {
  const { violations, passes } = await axe.run(document, { resultTypes: ["violations"], iframes: false });
  return [passes.length, violations.map(({ id, help, nodes }) =>
    `${id}: ${help}: ${nodes.map((one) => `${one.target} ${one.failureSummary}`).join(" | ")}`)];
}"""
HIDDEN_ON_PAPER = """(() => {
  const log = document.querySelector("#log");
  return log ? log.scrollHeight - log.clientHeight : 0;
})()"""
CUT_OFF = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def axe() -> AsyncIterator[str]:
    """axe-core's own script."""
    folder = await asyncio.to_thread(npm.install, Path(__file__).parent / "axe")
    yield (folder / "node_modules" / "axe-core" / "axe.min.js").read_text()


@pytest.mark.parametrize("name", OPEN)
async def test_while_the_office_is_there(
    name: str, office: RunningHub, slack: SlackStandIn, visits: Visits, axe: str
) -> None:
    await look(name, OPEN[name], office, slack, visits, axe)


@pytest.mark.parametrize("name", CLOSED)
async def test_while_it_is_closed(
    name: str, closed_office: RunningHub, slack: SlackStandIn, visits: Visits, axe: str
) -> None:
    await look(name, CLOSED[name], closed_office, slack, visits, axe)


@pytest.mark.parametrize("name", LETTERS)
async def test_where_letters_are_sent(
    name: str, tmp_path: Path, slack: SlackStandIn, visits: Visits, axe: str
) -> None:
    async with MailStandIn() as mail, hub_at(tmp_path, slack=slack, mail=mail) as office:
        await look(name, LETTERS[name], office, slack, visits, axe)


async def look(
    name: str, reach: Way, office: RunningHub, slack: SlackStandIn, visits: Visits, axe: str
) -> None:
    """Go there, and look at it in every way that people see it."""
    wide = not any(word in name for word in ("demo", "panel", "desk"))
    viewport = {"width": 420, "height": 720} if wide else {"width": 1100, "height": 800}
    page = await visits.page(viewport=viewport)
    async with Line(office.url) as line:
        await reach(Scene(page, office, slack, line))
        faults = [f"light: {fault}" for fault in await checked(page, axe)]
        await photograph(page, f"{name}-light")
        await page.emulate_media(color_scheme="dark")
        faults += [f"dark: {fault}" for fault in await checked(page, axe)]
        await photograph(page, f"{name}-dark")
        await page.emulate_media(color_scheme="light", forced_colors="active")
        await photograph(page, f"{name}-forced")
        await page.emulate_media(forced_colors="none")
        await page.emulate_media(media="print")
        await photograph(page, f"{name}-print")
        if await page.evaluate(HIDDEN_ON_PAPER) > 0:
            faults.append("on paper: the conversation is cut off")
        await page.emulate_media(media="screen")
        await page.set_viewport_size({"width": 320, "height": 640})
        await photograph(page, f"{name}-320")
        faults += await cut_off(page, "at 320 px")
        await page.set_viewport_size(viewport)  # type: ignore[arg-type]
        for frame in page.frames:
            await frame.evaluate("document.documentElement.style.fontSize = '200%'")
        await photograph(page, f"{name}-text200")
        faults += await cut_off(page, "with text of 200 %")
    assert not faults, "\n".join(faults)


async def checked(page: Page, axe: str) -> list[str]:
    """What axe finds in the page and in the chat's frame."""
    faults: list[str] = []
    for frame in page.frames:
        await frame.evaluate(axe)
        found: Any = await frame.evaluate(FOUND)
        assert found[0] > 0, "axe looked at nothing"
        faults += found[1]
    return faults


async def cut_off(page: Page, when: str) -> list[str]:
    """Whether one has to scroll sideways."""
    over = [await frame.evaluate(CUT_OFF) for frame in page.frames]
    return [f"{when}: {px} px are cut off" for px in over if px > 0]


async def photograph(page: Page, name: str) -> None:
    """Keep a picture, if that was asked for."""
    if FOR_THE_DOCUMENTS and name.endswith("-light"):
        path = DOCUMENTS / f"{name.removesuffix('-light')}.png"
        await page.screenshot(path=path, animations="disabled", caret="hide")
    if PHOTOGRAPHED:
        await page.screenshot(path=Path(PHOTOGRAPHED) / f"{name}.png", animations="disabled")
