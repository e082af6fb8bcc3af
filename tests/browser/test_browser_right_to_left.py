"""In Arabic everything is on the other side: bubbles, button, order; numbers and what others wrote stay as they are."""

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.test_browser_states import axe, checked, cut_off  # noqa: F401 - used by name
from tests.browser.visits import Visits, messages, thread
from tests.hub import RunningHub
from tests.platforms.slack import SlackStandIn
from texts import words

pytestmark = pytest.mark.asyncio(loop_scope="session")

arabic = words("ar", {})
PHONE = "+39 055 883-3210"
PLACES = """(element) => {
  const found = [];
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  for (let node; (node = walker.nextNode()); ) {
    for (const match of node.data.matchAll(/\\d+/g)) {
      const range = document.createRange();
      range.setStart(node, match.index);
      range.setEnd(node, match.index + match[0].length);
      found.push([match[0], range.getBoundingClientRect().left]);
    }
  }
  return found.sort((a, b) => a[1] - b[1]).map(([text]) => text);
}"""
"""The numbers in an element as they are seen, from left to right."""


async def middle(element: Locator) -> float:
    """Where an element's middle is, in parts of the page's width."""
    box = await element.bounding_box()
    assert box is not None
    viewport = element.page.viewport_size
    assert viewport is not None
    return (box["x"] + box["width"] / 2) / viewport["width"]


async def order_of_focus(page: Page) -> list[int]:
    """What the Tab key reaches, in its order: each element's place in the document."""
    reached: list[int] = []
    for _ in range(40):
        await page.keyboard.press("Tab")
        place = await page.evaluate(
            "[...document.querySelectorAll('body *')].indexOf(document.activeElement)"
        )
        if place < 0 or place in reached:
            break
        reached.append(place)
    return reached


async def test_a_conversation_on_a_small_dark_screen(
    office: RunningHub,
    slack: SlackStandIn,
    visits: Visits,
    axe: str,  # noqa: F811
) -> None:
    page = await visits.page(viewport={"width": 320, "height": 640}, color_scheme="dark", locale="ar")
    await page.goto(f"{office.url}/chat?lang=ar")
    await expect(page.locator("html")).to_have_attribute("dir", "rtl")
    box = page.get_by_label(arabic("your_message"))
    await box.fill(f"رقمي هو {PHONE} شكرًا")
    await box.press("Enter")
    root = await thread(slack, PHONE)
    await slack.operator_says(
        "anna", f"اتصلوا على {PHONE} غدًا https://www.comune.example/1234567", thread_ts=root.ts
    )
    mine, theirs = messages(page, "visitor"), messages(page, "operator").last
    await expect(theirs).to_contain_text("غدًا")
    assert await middle(mine) < 0.5 < await middle(theirs)
    for shown in (mine, theirs):
        assert (await shown.evaluate(PLACES))[:4] == ["39", "055", "883", "3210"]
    await expect(theirs.locator("a")).to_have_attribute("href", "https://www.comune.example/1234567")
    assert await middle(page.get_by_role("button", name=arabic("send"))) < 0.5
    assert await checked(page, axe) == []
    assert await cut_off(page, "at 320 px") == []


async def test_without_javascript_a_phone_number_is_not_turned_around_either(
    office: RunningHub, slack: SlackStandIn, visits: Visits
) -> None:
    page = await visits.page(java_script_enabled=False, locale="ar")
    await page.goto(f"{office.url}/chat?lang=ar")
    await page.get_by_label(arabic("your_message")).fill(f"رقمي هو {PHONE} شكرًا")
    await page.get_by_role("button", name=arabic("send")).click()
    assert await messages(page, "visitor").evaluate(PLACES) == ["39", "055", "883", "3210"]


async def test_the_form_takes_numbers_and_addresses_from_left_to_right(
    closed_office: RunningHub,
    visits: Visits,
    axe: str,  # noqa: F811
) -> None:
    page = await visits.page(viewport={"width": 320, "height": 640}, color_scheme="dark", locale="ar")
    await page.goto(f"{closed_office.url}/chat/callback?lang=ar")
    for name in ("email", "phone"):
        field = page.locator(f"#cb-{name}")
        assert await field.evaluate("(field) => getComputedStyle(field).direction") == "ltr"
    name = page.locator("#cb-name")
    assert await name.evaluate("(field) => getComputedStyle(field).direction") == "rtl"
    await page.get_by_role("button", name=arabic("callback_send")).click()
    await expect(page.locator("#cb-name-error")).to_have_text(arabic("error_name"))
    assert await checked(page, axe) == []
    assert await cut_off(page, "at 320 px") == []


async def test_the_focus_goes_the_same_way_as_in_italian(office: RunningHub, visits: Visits) -> None:
    orders = []
    for lang in ("ar", "it"):
        page = await visits.page(locale=lang)
        await page.goto(f"{office.url}/chat?lang={lang}")
        await expect(page.locator("#hint")).to_have_class("hint scripted ready")
        orders.append(await order_of_focus(page))
    assert orders[0] == orders[1] == sorted(orders[0])
    assert len(orders[0]) > 5
