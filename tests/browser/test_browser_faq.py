"""Quick questions: answered at once on the page, before anything is written and while nobody is there."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import FrameLocator, Locator, Page, expect

from tests.browser.states import CLOCK_OF_A_CLOSED_OFFICE, FAQ, HOURS_OF_A_CLOSED_OFFICE
from tests.browser.visits import Visits, press_button, say, write
from tests.hub import Clock, hub_at
from tests.line import Line
from tests.platforms.slack import SlackStandIn

pytestmark = pytest.mark.asyncio(loop_scope="session")


def entry(chat: Page | FrameLocator, question: str) -> Locator:
    """A question with its answer."""
    return chat.locator(".question").filter(has_text=question)


async def test_a_question_is_answered_at_once_also_off_line_and_makes_room_for_the_conversation(
    tmp_path: Path, slack: SlackStandIn, visits: Visits
) -> None:
    async with hub_at(tmp_path, slack=slack, faq=FAQ[:2]) as office, Line(office.url) as line:
        await slack.wait_for(lambda: slack.connected == 1)
        page = await visits.page()
        await page.goto(line.url)
        chat = await press_button(page)
        one = entry(chat, "Dove si paga la TARI?")
        await expect(one).to_be_visible()
        await expect(chat.get_by_role("searchbox")).to_have_count(0)
        line.cut()
        await one.locator("summary").focus()
        await page.keyboard.press("Enter")
        await expect(one.locator(".body")).to_be_visible()
        await expect(one.get_by_role("link", name="https://www.comune.example/tari")).to_be_visible()
        line.mend()

        await write(chat, "Buongiorno")
        # The browser may first try a connection that was cut, and wait for it as long as a page waits.
        await expect(chat.locator("#faq")).to_be_hidden(timeout=45_000)
        await chat.get_by_text(say("options")).click()
        await chat.get_by_text(say("erase")).click()
        await chat.get_by_role("button", name=say("erase_confirm")).click()
        await expect(one).to_be_visible()


async def test_many_are_found_by_words_without_capitals_or_accents(
    tmp_path: Path, slack: SlackStandIn, visits: Visits
) -> None:
    async with hub_at(tmp_path, slack=slack, faq=FAQ) as office:
        await slack.wait_for(lambda: slack.connected == 1)
        page = await visits.page()
        await page.goto(f"{office.url}/chat")
        shown = page.locator(".question:visible")
        await expect(shown).to_have_count(3)
        box = page.get_by_label(say("faq_search"))
        await box.fill("CARTA identita")
        await expect(shown).to_have_count(1)
        await expect(shown).to_contain_text("Come si rinnova la carta d'identità?")
        await expect(page.locator("#faq-found")).to_have_text(say("live_faq_found", count=1))
        await box.fill("piscina olimpionica")
        await expect(shown).to_have_count(0)
        await expect(page.locator("#faq-found")).to_have_text(say("live_faq_none"))
        await box.press("Escape")
        await expect(box).to_have_value("")
        await expect(shown).to_have_count(3)
        await page.get_by_text(say("faq_more", count=len(FAQ) - 3)).click()
        await expect(shown).to_have_count(len(FAQ))


async def closed(folder: Path, slack: SlackStandIn) -> Any:
    return hub_at(
        folder, slack=slack, clock=Clock(CLOCK_OF_A_CLOSED_OFFICE), hours=HOURS_OF_A_CLOSED_OFFICE, faq=FAQ
    )


async def test_they_stand_above_the_form_and_go_once_the_message_is_left(
    tmp_path: Path, slack: SlackStandIn, visits: Visits
) -> None:
    async with await closed(tmp_path, slack) as office:
        page = await visits.page(java_script_enabled=False)
        await page.goto(f"{office.url}/chat?lang=en")
        one = entry(page, "When are you open?")
        await one.locator("summary").click()
        await expect(one.locator(".body")).to_have_text("Every morning,\nfrom 8:30 to 1 pm.")
        foreign = entry(page, "Dove si paga la TARI?")
        await expect(foreign.locator("summary")).to_have_attribute("lang", "it")

        page = await visits.page()
        await page.goto(f"{office.url}/chat")
        await expect(entry(page, "Dove si paga la TARI?")).to_be_visible()
        await page.get_by_label(say("name")).fill("Maria Rossi")
        await page.get_by_label(say("phone")).fill("055 123 4567")
        await page.get_by_label(say("text"), exact=True).fill("Mi richiamate?")
        await page.get_by_label(say("consent")).check()
        await page.get_by_role("button", name=say("callback_send")).click()
        await expect(page.locator("#received")).to_be_visible()
        await expect(page.locator("#faq")).to_be_hidden()


async def test_an_edited_file_changes_them_without_a_restart(
    tmp_path: Path, slack: SlackStandIn, visits: Visits
) -> None:
    async with hub_at(tmp_path, slack=slack, faq=FAQ[:1]) as office:
        await slack.wait_for(lambda: slack.connected == 1)
        page = await visits.page()
        await page.goto(f"{office.url}/chat")
        office.rewrite(faq=[{"question": "C'è la neve?", "answer": "Sì: scuole chiuse."}])
        async with asyncio.timeout(60):
            while await page.locator(".question summary").all_inner_texts() != ["C'è la neve?"]:
                await page.reload()
