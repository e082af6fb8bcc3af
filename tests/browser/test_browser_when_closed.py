"""What the button does outside the hours, as the town chose: a form, its contact page, or no button at all."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from tests.browser.town import Town, town_at
from tests.browser.visits import BUTTON, Visits, messages, press_button, say, thread, write
from tests.hub import Clock
from tests.platforms.slack import SlackStandIn

pytestmark = pytest.mark.asyncio(loop_scope="session")

EVENING = datetime(2099, 1, 1, 20, 0, tzinfo=UTC)
"""A Thursday, after closing; the office opens on Friday at nine, Rome's time."""
HOURS = {"thu": "09:00-17:00", "fri": "09:00-17:00"}
PARTS = [
    {"name": "Anagrafe", "when": {"page": "*/anagrafe/*"}, "when_closed": "no-button"},
    {"name": "Tributi", "when": {"page": "*/tributi/*"}, "when_closed": "form"},
]


@pytest_asyncio.fixture(loop_scope="session")
async def town(tmp_path: Path, slack: SlackStandIn) -> AsyncIterator[Town]:
    """A town whose office leads to a contact page after closing, but for two of its departments."""
    office = {"name": "URP", "when_closed": "SITE/contatti"}
    async with town_at(
        tmp_path, slack, clock=Clock(EVENING), hours=HOURS, office=office, departments=PARTS
    ) as town:
        yield town


async def back_on_line(page: Page) -> None:
    """The device loses its network and finds it again, upon which the button looks at the office anew."""
    async with page.expect_response(lambda answer: "/api/status" in answer.url):
        await page.context.set_offline(True)
        await page.context.set_offline(False)


async def test_the_button_leads_to_the_contact_page_and_opens_no_chat(town: Town, visits: Visits) -> None:
    page = await visits.page()
    await page.goto(f"{town.url}/servizi")
    button = page.get_by_role("button", name=BUTTON)
    await expect(button).to_contain_text(say("state_closed"))
    await button.click()
    await page.wait_for_url(f"{town.url}/contatti")
    await expect(page.locator("iframe")).to_have_count(0)


async def test_the_button_opens_the_chat_again_once_the_office_is_there(town: Town, visits: Visits) -> None:
    page = await visits.page()
    await page.goto(f"{town.url}/servizi")
    await expect(page.get_by_role("button", name=BUTTON)).to_contain_text(say("button_closed"))
    assert town.hub is not None
    town.hub.clock.advance(timedelta(hours=13))
    await back_on_line(page)
    await expect(page.get_by_role("button", name=BUTTON)).to_contain_text(say("button_open"))
    chat = await press_button(page)
    await expect(chat.get_by_label(say("your_message"))).to_be_visible()
    assert page.url == f"{town.url}/servizi"


async def test_a_department_may_have_the_form_where_the_office_leads_away(town: Town, visits: Visits) -> None:
    page = await visits.page()
    await page.goto(f"{town.url}/tributi/tari")
    chat = await press_button(page)
    await expect(chat.get_by_role("heading", name=say("callback_title"))).to_be_visible()


async def test_a_department_shows_no_button_until_it_opens(town: Town, visits: Visits) -> None:
    page = await visits.page()
    async with page.expect_response(lambda answer: "/api/status" in answer.url):
        await page.goto(f"{town.url}/anagrafe/cie")
    button = page.locator("linea-diretta button.call")
    await expect(button).to_be_attached()
    await expect(button).to_be_hidden()
    assert await page.evaluate("document.body.innerText") == "Comune"
    assert town.hub is not None
    town.hub.clock.advance(timedelta(hours=13))
    await back_on_line(page)
    await expect(button).to_be_visible()
    town.hub.clock.advance(timedelta(hours=8))
    await back_on_line(page)
    await expect(button).to_be_hidden()


async def test_who_is_in_a_chat_keeps_the_button_when_the_department_closes(
    town: Town, slack: SlackStandIn, visits: Visits
) -> None:
    assert town.hub is not None
    town.hub.clock.advance(timedelta(hours=13))
    page = await visits.page()
    await page.goto(f"{town.url}/anagrafe/cie")
    chat = await press_button(page)
    await write(chat, "Buongiorno")
    root = await thread(slack, "Buongiorno")
    await page.get_by_role("button", name=say("panel_close")).click()
    town.hub.clock.advance(timedelta(hours=8))
    await back_on_line(page)
    await expect(page.get_by_role("button", name=BUTTON)).to_contain_text(say("button_closed"))
    await slack.operator_says("anna", "Eccomi", thread_ts=root.ts)
    chat = await press_button(page)
    await expect(messages(chat, "operator")).to_have_text(["Eccomi"])
