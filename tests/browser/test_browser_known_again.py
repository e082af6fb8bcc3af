"""Citizens who agree that the office sees what they wrote before: asked anew each time, and nothing kept without it."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.visits import Visits, say, stored_anywhere, thread, write
from tests.hub import RunningHub
from tests.platforms.slack import SlackStandIn

pytestmark = pytest.mark.asyncio(loop_scope="session")

KEY = "linea-diretta-browser"
BEFORE = "🔁 Ha già scritto"


async def begin(page: Page, office: RunningHub, text: str, *, agrees: bool) -> None:
    """Open the chat afresh and write, with the box ticked or not."""
    await page.goto(f"{office.url}/")
    await page.evaluate("sessionStorage.clear()")
    await page.goto(f"{office.url}/chat")
    await page.get_by_text(say("your_name")).click()
    box = page.get_by_label(say("show_earlier"))
    await expect(box).not_to_be_checked()
    if agrees:
        await box.check()
    await write(page, text)


async def test_who_agrees_is_known_again_only_in_the_conversations_for_which_they_did(
    office: RunningHub, slack: SlackStandIn, visits: Visits
) -> None:
    page = await visits.page()
    await begin(page, office, "La prima domanda", agrees=False)
    assert BEFORE not in (await thread(slack, "La prima domanda")).text
    assert KEY not in await stored_anywhere(page)

    await begin(page, office, "La seconda domanda", agrees=True)
    assert BEFORE not in (await thread(slack, "La seconda domanda")).text
    assert KEY in await stored_anywhere(page)

    await begin(page, office, "La terza domanda", agrees=True)
    assert BEFORE in (await thread(slack, "La terza domanda")).text
    await begin(page, office, "Di un altro allo stesso computer", agrees=False)
    assert BEFORE not in (await thread(slack, "Di un altro allo stesso computer")).text


async def test_erase_my_data_makes_the_browser_a_stranger_again(
    office: RunningHub, slack: SlackStandIn, visits: Visits
) -> None:
    page = await visits.page()
    await begin(page, office, "Una domanda da cancellare", agrees=True)
    await thread(slack, "Una domanda da cancellare")
    assert KEY in await stored_anywhere(page)
    await page.get_by_text(say("options")).click()
    await page.get_by_text(say("erase"), exact=True).click()
    await page.get_by_role("button", name=say("erase_confirm")).click()
    await expect(page.locator("#notice")).to_contain_text(say("live_erased"))
    assert await stored_anywhere(page) == []


async def test_without_javascript_there_is_nothing_to_agree_to(office: RunningHub, visits: Visits) -> None:
    page = await visits.page(java_script_enabled=False)
    await page.goto(f"{office.url}/chat")
    await page.get_by_text(say("your_name")).click()
    await expect(page.locator("#name")).to_be_visible()
    await expect(page.locator("#known")).to_be_hidden()
