"""A language chosen from the menu stays, without cookies, nothing stored before the citizen writes, nothing lost."""

import pytest
from playwright.async_api import FrameLocator, Page, expect

from tests.browser.visits import Visits, messages, press_button, say, stored_anywhere, thread
from tests.hub import RunningHub
from tests.platforms.slack import SlackStandIn
from texts import words

pytestmark = pytest.mark.asyncio(loop_scope="session")

english, albanian = words("en", {}), words("sq", {})


async def choose(chat: Page | FrameLocator, language: str) -> None:
    """Open the menu and choose a language by its own name."""
    await chat.locator(".languages summary").click()
    await chat.locator(".languages").get_by_role("link", name=language).click()


async def test_it_stays_from_page_to_page_of_the_town_once_the_citizen_has_written(
    office: RunningHub, slack: SlackStandIn, visits: Visits
) -> None:
    page = await visits.page()
    await page.goto(f"{office.url}/?servizi")
    chat = await press_button(page)
    await choose(chat, "English")
    await expect(chat.get_by_label(english("your_message"))).to_be_visible()
    assert await stored_anywhere(page) == []
    await chat.get_by_label(english("your_message")).fill("Good morning")
    await chat.get_by_label(english("your_message")).press("Enter")
    await thread(slack, "Good morning")
    await page.goto(f"{office.url}/?tributi")
    chat = await press_button(page)
    await expect(chat.locator("html")).to_have_attribute("lang", "en")
    await expect(messages(chat, "visitor")).to_have_text(["Good morning"])
    assert not [one for one in await stored_anywhere(page) if one.startswith("cookie")]


async def test_what_is_typed_in_the_chat_comes_along(office: RunningHub, visits: Visits) -> None:
    page = await visits.page()
    await page.goto(f"{office.url}/chat")
    await page.get_by_text(say("your_name")).click()
    await page.locator("#name").fill("Maria Rossi")
    await page.get_by_label(say("your_message")).fill("Vorrei sapere")
    await choose(page, "English")
    await expect(page.get_by_label(english("your_message"))).to_have_value("Vorrei sapere")
    await expect(page.locator("#name")).to_have_value("Maria Rossi")
    assert await stored_anywhere(page) == []


async def test_the_form_stays_the_form_with_all_that_is_typed(
    closed_office: RunningHub, visits: Visits
) -> None:
    page = await visits.page()
    await page.goto(f"{closed_office.url}/chat/callback")
    await page.get_by_label(say("name")).fill("Maria Rossi")
    await page.locator("#cb-phone").fill("055 88")
    await page.get_by_label(say("text"), exact=True).fill("Mi richiamate?")
    await page.get_by_label(say("consent")).check()
    await choose(page, "English")
    await expect(page.get_by_role("heading", name=english("callback_title"))).to_be_visible()
    await expect(page.get_by_label(english("name"))).to_have_value("Maria Rossi")
    await expect(page.locator("#cb-phone")).to_have_value("055 88")
    await expect(page.get_by_label(english("text"), exact=True)).to_have_value("Mi richiamate?")
    await expect(page.get_by_label(english("consent"))).to_be_checked()
    assert await stored_anywhere(page) == []
    await page.reload()
    await expect(page.get_by_role("heading", name=english("callback_title"))).to_be_visible()


async def test_the_reference_is_still_there(closed_office: RunningHub, visits: Visits) -> None:
    page = await visits.page()
    await page.goto(f"{closed_office.url}/chat/callback")
    await page.get_by_label(say("name")).fill("Maria Rossi")
    await page.locator("#cb-phone").fill("055 883321")
    await page.get_by_label(say("text"), exact=True).fill("Mi richiamate?")
    await page.get_by_label(say("consent")).check()
    await page.get_by_role("button", name=say("callback_send")).click()
    await expect(page.get_by_role("heading", name=say("received_title"))).to_be_focused()
    reference = await page.locator("#reference").inner_text()
    await choose(page, "English")
    await expect(page.get_by_role("heading", name=english("received_title"))).to_be_visible()
    await expect(page.locator("#reference")).to_have_text(reference)


async def test_a_conversation_goes_on_in_the_language_chosen(
    office: RunningHub, visits: Visits, slack: SlackStandIn
) -> None:
    page = await visits.page()
    await page.goto(f"{office.url}/chat")
    await choose(page, "Shqip")
    await expect(page.locator("html")).to_have_attribute("lang", "sq")
    await page.get_by_label(albanian("your_message")).fill("Mirëdita")
    await page.get_by_label(albanian("your_message")).press("Enter")
    await thread(slack, "Mirëdita")
    await page.goto(f"{office.url}/chat?lang=it")
    await expect(page.locator("html")).to_have_attribute("lang", "sq")
    await expect(messages(page, "visitor")).to_have_text(["Mirëdita"])
