"""What a citizen on a slow line has to wait for: the bytes that the button and the chat page bring, as they come."""

import pytest
from playwright.async_api import Response, expect

from tests.browser.visits import BUTTON, Visits, press_button, say
from tests.hub import RunningHub

pytestmark = pytest.mark.asyncio(loop_scope="session")

BUTTON_BUDGET = 5 * 1024
"""Bytes of the button, compressed."""
CHAT_BUDGET = 35 * 1024
"""Bytes of the chat page in all, compressed: HTML, styles, scripts."""


async def weigh(arrived: list[Response]) -> dict[str, int]:
    """Bytes of each answer's body on the line, by path."""
    sizes = {}
    for response in arrived:
        sizes[response.url.split("?")[0]] = (await response.request.sizes())["responseBodySize"]
    return sizes


async def test_the_button_and_the_chat_page_keep_to_their_budgets(office: RunningHub, visits: Visits) -> None:
    page = await visits.page()
    arrived: list[Response] = []

    def note(response: Response) -> None:  # Playwright takes no method of a list
        arrived.append(response)

    page.on("response", note)
    await page.goto(office.url)
    await expect(page.get_by_role("button", name=BUTTON)).to_contain_text(say("button_open"))
    sizes = await weigh(arrived)
    button = {url: size for url, size in sizes.items() if "widget" in url or "/api/" in url}
    assert len(button) == 2
    assert sum(button.values()) <= BUTTON_BUDGET, button

    arrived.clear()
    chat = await press_button(page)
    await expect(chat.get_by_label(say("your_message"))).to_be_visible()
    await expect(chat.locator("#hint")).to_be_visible()
    # Only of the chat's frame: the page around it fetches its icon when it likes.
    sizes = await weigh([response for response in arrived if response.frame.parent_frame is not None])
    assert {url.removeprefix(office.url).split("/")[1] for url in sizes} <= {"chat", "static", "api"}
    assert len(sizes) > 10
    assert sum(sizes.values()) <= CHAT_BUDGET, sizes
