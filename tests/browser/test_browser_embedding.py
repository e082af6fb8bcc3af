"""The button on the town's own pages: another origin, a strict policy, hostile styles, twice, in a single-page app."""

import base64
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.browser.town import Town, town_at
from tests.browser.visits import BUTTON, Visits, messages, press_button, say, stored_anywhere, thread, write
from tests.hub import RunningHub
from tests.platforms.slack import SlackStandIn

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def town(tmp_path: Path, slack: SlackStandIn) -> AsyncIterator[Town]:
    """The town's site, whose origin the hub allows."""
    async with town_at(tmp_path, slack) as town:
        yield town


async def test_on_another_origin_under_a_strict_policy_it_works_and_leaves_nothing_behind(
    town: Town, slack: SlackStandIn, visits: Visits
) -> None:
    page = await visits.page()
    await page.goto(f"{town.url}/servizi?cf=RSSMRA#tari")
    chat = await press_button(page)
    await expect(chat.get_by_label(say("your_message"))).to_be_visible()
    assert await stored_anywhere(page) == []
    leaked = await page.evaluate(
        "Object.getOwnPropertyNames(window).filter((n) => !window.namesBefore.includes(n))"
    )
    assert [name for name in leaked if not name.isdigit()] == []

    await write(chat, "Buongiorno")
    root = await thread(slack, "Buongiorno")
    await slack.operator_says("anna", "Salve", thread_ts=root.ts)
    await expect(messages(chat, "operator")).to_have_text(["Salve"])
    assert await page.context.cookies() == []


async def test_hostile_styles_of_the_page_do_not_reach_it(town: Town, visits: Visits) -> None:
    town.body = '<p class="hostile">Comune</p>'
    page = await visits.page()
    await page.goto(town.url)
    button = page.get_by_role("button", name=BUTTON)
    await expect(button).to_be_visible()
    box = await button.bounding_box()
    assert box is not None
    assert box["width"] > 150
    assert box["height"] >= 44
    chat = await press_button(page)
    await expect(chat.get_by_label(say("your_message"))).to_be_visible()


async def test_pinned_by_its_hash_it_is_drawn_and_with_another_hash_it_is_not(
    town: Town, visits: Visits
) -> None:
    script = (Path(__file__).parents[2] / "web" / "static" / "widget.js").read_bytes()
    for content, buttons in ((script, 1), (script + b" ", 0)):
        digest = base64.b64encode(hashlib.sha384(content).digest()).decode()
        town.attributes = f'crossorigin="anonymous" integrity="sha384-{digest}"'
        page = await visits.page()
        await page.goto(town.url)
        await expect(page.locator("linea-diretta")).to_have_count(buttons)


async def test_included_twice_it_draws_one_button(town: Town, visits: Visits) -> None:
    town.body = "<p>Comune</p>SCRIPT"
    page = await visits.page()
    await page.goto(town.url)
    await expect(page.get_by_role("button", name=BUTTON)).to_be_visible()
    await expect(page.locator("linea-diretta")).to_have_count(1)


async def test_a_single_page_app_that_redraws_its_whole_body_keeps_the_button_and_the_conversation(
    town: Town, slack: SlackStandIn, visits: Visits
) -> None:
    page = await visits.page()
    await page.goto(town.url)
    chat = await press_button(page)
    await write(chat, "Buongiorno")
    root = await thread(slack, "Buongiorno")
    await page.evaluate(
        "() => { history.pushState({}, '', '/anagrafe/'); document.body.replaceWith(document.createElement('body')); }"
    )
    await slack.operator_says("anna", "Salve", thread_ts=root.ts)
    await expect(messages(chat, "operator")).to_have_text(["Salve"])
    await page.get_by_role("button", name=say("panel_close")).click()
    await expect(page.get_by_role("button", name=BUTTON)).to_be_focused()


async def test_loading_it_moves_nothing_and_blocks_nothing(town: Town, visits: Visits) -> None:
    page = await visits.page()
    await page.goto(town.url)
    await expect(page.get_by_role("button", name=BUTTON)).to_be_visible()
    shifts = await page.evaluate(
        """() => new Promise((done) => new PerformanceObserver((list) => done(list.getEntries().map((e) => e.value)))
             .observe({ type: 'layout-shift', buffered: true }) || setTimeout(() => done([]), 0))"""
    )
    assert sum(shifts) == 0
    blocking = await page.evaluate(
        """performance.getEntriesByType('resource').filter((entry) => entry.renderBlockingStatus === 'blocking')
             .map((entry) => entry.name)"""
    )
    assert not [name for name in blocking if "widget" in name]


async def test_a_page_that_the_office_does_not_know_may_not_show_the_chat(
    town: Town, office: RunningHub, visits: Visits
) -> None:
    town.hub = office
    page = await visits.page()
    await page.goto(town.url)
    await page.get_by_role("button", name=BUTTON).click()
    await expect(page.frame_locator("iframe").get_by_label(say("your_message"))).to_have_count(0)
    assert any("frame-ancestors" in fault for fault in visits.faults)
    visits.faults.clear()
