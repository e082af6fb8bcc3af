"""The desk in a browser: nothing that happens while its page opens, or is read again, is missing from it."""

import asyncio
import re

import pytest
from playwright.async_api import Page, Route, expect

from tests.browser.visits import Visits, messages, thread, write
from tests.hub import RunningHub
from tests.platforms.slack import Shown, SlackStandIn

pytestmark = pytest.mark.asyncio(loop_scope="session")

ASKED = "Dove pago la TARI?"
ANSWERED = "Allo sportello 2"


async def asked(office: RunningHub, slack: SlackStandIn, visits: Visits) -> tuple[Page, Shown]:
    """A citizen has asked; the desk's list, opened by an operator, and the thread on Slack."""
    page = await visits.page()
    await page.goto(f"{office.url}/chat")
    await write(page, ASKED)
    root = await thread(slack, ASKED)
    desk = await visits.page()
    await desk.goto(office.desk_link)
    await desk.locator("#name").fill("Lucia Verdi")
    await desk.locator("button.primary").click()
    await desk.locator("#list li a").wait_for()
    return desk, root


async def test_what_is_said_before_the_live_line_stands_is_shown(
    office: RunningHub, slack: SlackStandIn, visits: Visits
) -> None:
    desk, root = await asked(office, slack, visits)
    gate = asyncio.Event()

    async def wait(route: Route) -> None:
        await gate.wait()
        await route.continue_()

    await desk.route("**/desk/events", wait)
    await desk.locator("#list li a").click()
    await expect(messages(desk, "visitor")).to_have_text([ASKED])
    await slack.operator_says("anna", ANSWERED, thread_ts=root.ts)
    await slack.wait_for(lambda: not slack.socket_mode.pending())
    gate.set()
    await expect(messages(desk, "operator")).to_have_text([ANSWERED])


async def test_what_is_said_while_the_page_is_read_again_is_shown_once(
    office: RunningHub, slack: SlackStandIn, visits: Visits
) -> None:
    desk, root = await asked(office, slack, visits)
    gate, reached = asyncio.Event(), asyncio.Event()

    async def hold(route: Route) -> None:
        """What the server says at once comes when the gate opens."""
        if route.request.resource_type != "fetch":
            await route.fallback()
            return
        answer = await route.fetch()
        reached.set()
        await gate.wait()
        await route.fulfill(response=answer)

    await desk.route(re.compile(r"/desk/[^/]{16}$"), hold)
    await desk.locator("#list li a").click()
    async with asyncio.timeout(60):
        await reached.wait()
    await slack.operator_says("anna", ANSWERED, thread_ts=root.ts)
    await expect(messages(desk, "operator")).to_have_text([ANSWERED])
    await messages(desk, "operator").evaluate("body => body.toggleAttribute('data-before')")
    gate.set()
    await expect(desk.locator("[data-before]")).to_have_count(0)
    await expect(messages(desk, "operator")).to_have_text([ANSWERED])
