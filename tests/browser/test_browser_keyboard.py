"""The whole path with nothing but a keyboard."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.visits import BUTTON, Visits, messages, say, thread
from tests.hub import RunningHub
from tests.platforms.slack import SlackStandIn

pytestmark = pytest.mark.asyncio(loop_scope="session")

FOCUSED = """() => {
  let here = document;
  while (here.activeElement?.shadowRoot?.activeElement) here = here.activeElement.shadowRoot;
  const one = here.activeElement;
  return one?.tagName === 'IFRAME' ? 'IFRAME' : `${one?.ariaLabel ?? ''} ${one?.textContent.trim() ?? ''}`;
}"""
MOST_STOPS = 60


async def tab_to(page: Page, name: str) -> None:
    """Press Tab until what has the focus is named so, in the page or in the chat's frame."""
    for _ in range(MOST_STOPS):
        await page.keyboard.press("Tab")
        for frame in page.frames:
            if name in await frame.evaluate(FOCUSED):
                return
    raise AssertionError(f"the keyboard does not come to {name}")


async def test_open_write_read_end_rate_and_close_by_keyboard(
    office: RunningHub, slack: SlackStandIn, visits: Visits
) -> None:
    page = await visits.page()
    await page.goto(office.url)
    button = page.get_by_role("button", name=BUTTON)
    await expect(button).to_be_visible()
    await tab_to(page, BUTTON)
    await page.keyboard.press("Enter")
    chat = page.frame_locator("iframe")
    await expect(chat.get_by_label(say("your_message"))).to_be_visible()
    for _ in range(MOST_STOPS):
        await page.keyboard.press("Tab")
        if await chat.locator("#text:focus").count():
            break
    await page.keyboard.type("Dove pago la TARI?")
    await page.keyboard.press("Enter")
    root = await thread(slack, "Dove pago la TARI?")
    await slack.operator_says("anna", "Allo sportello 2", thread_ts=root.ts)
    await expect(messages(chat, "operator")).to_have_text(["Allo sportello 2"])
    await expect(chat.get_by_label(say("your_message"))).to_be_focused()

    await tab_to(page, say("options"))
    await page.keyboard.press("Enter")
    await tab_to(page, say("end"))
    await page.keyboard.press("Enter")
    await tab_to(page, say("end_confirm"))
    await page.keyboard.press("Enter")
    await expect(chat.locator("#ended")).to_be_focused()
    await tab_to(page, say("rating_score", score=5))
    await page.keyboard.press("Enter")
    await expect(chat.locator("#rated")).to_contain_text(say("rating_thanks"))

    await page.keyboard.press("Escape")
    await expect(page.locator("dialog")).to_be_hidden()
    await expect(button).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(messages(chat, "visitor")).to_have_text(["Dove pago la TARI?"])


async def test_escape_from_the_panels_own_bar_returns_to_the_button_too(
    office: RunningHub, visits: Visits
) -> None:
    page = await visits.page()
    await page.goto(office.url)
    button = page.get_by_role("button", name=BUTTON)
    await button.click()
    await page.get_by_role("button", name=say("panel_close")).focus()
    await page.keyboard.press("Escape")
    await expect(page.locator("dialog")).to_be_hidden()
    await expect(button).to_be_focused()


async def test_on_a_phone_the_panel_holds_the_focus_and_gives_it_back(
    office: RunningHub, visits: Visits
) -> None:
    page = await visits.page(viewport={"width": 320, "height": 640}, has_touch=True, is_mobile=True)
    await page.goto(office.url)
    button = page.get_by_role("button", name=BUTTON)
    await button.tap()
    await expect(page.frame_locator("iframe").get_by_label(say("your_message"))).to_be_visible()
    for _ in range(MOST_STOPS):
        await page.keyboard.press("Tab")
        assert await page.evaluate("document.activeElement.tagName") in ("BODY", "LINEA-DIRETTA")
    await page.get_by_role("button", name=say("panel_close")).tap()
    await expect(button).to_be_focused()
