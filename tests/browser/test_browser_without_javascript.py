"""The same path without JavaScript: plain forms, a reload, and one cookie that is strictly necessary."""

import re

import pytest
from playwright.async_api import expect

from models.tables import Kind, State
from tests.browser.visits import Visits, messages, say, thread, times_said
from tests.hub import RunningHub
from tests.platforms.slack import SlackStandIn

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_conversation_by_forms_and_reloads(
    office: RunningHub, slack: SlackStandIn, visits: Visits
) -> None:
    page = await visits.page(java_script_enabled=False)
    await page.goto(office.url)
    await page.get_by_role("link", name="Chat").click()
    assert await page.context.cookies() == []
    await page.get_by_label(say("your_message")).fill("Dove pago la TARI?")
    await page.get_by_role("button", name=say("send"), exact=True).click()
    await expect(messages(page)).to_have_text(["Dove pago la TARI?"])
    (cookie,) = await page.context.cookies()
    assert (cookie.get("httpOnly"), cookie.get("sameSite"), cookie.get("path")) == (True, "Lax", "/chat")
    assert cookie.get("expires") == -1

    root = await thread(slack, "Dove pago la TARI?")
    await slack.operator_says("anna", "Allo sportello 2", thread_ts=root.ts)
    await slack.wait_for(lambda: not slack.socket_mode.pending())
    await page.get_by_role("button", name=say("reload")).click()
    await expect(messages(page, "operator")).to_have_text(["Allo sportello 2"])

    await page.get_by_label(say("your_message")).fill("   ")
    await page.get_by_role("button", name=say("send"), exact=True).click()
    await expect(page.get_by_label(say("your_message"))).to_have_accessible_description(
        say("error_text_empty")
    )
    await page.get_by_label(say("your_message")).fill("Grazie!")
    await page.get_by_role("button", name=say("send"), exact=True).click()
    await thread(slack, "Grazie!")
    assert times_said(slack, "Grazie!") == 1

    await page.get_by_text(say("options")).click()
    await page.get_by_text(say("end")).click()
    await page.get_by_role("button", name=say("end_confirm")).click()
    await expect(page.get_by_text(say("ended"))).to_be_visible()
    await page.get_by_role("button", name=say("rating_score", score=4)).click()
    await expect(page.get_by_text(say("rating_thanks"))).to_be_visible()
    await page.get_by_text(say("options")).click()
    await page.get_by_text(say("erase")).click()
    await page.get_by_role("button", name=say("erase_confirm")).click()
    await expect(messages(page)).to_have_count(0)
    assert await page.context.cookies() == []
    assert await office.hub.store.conversations(kinds=[Kind.CHAT], states=list(State)) == []


async def test_a_file_that_an_operator_sends_can_be_saved(
    office: RunningHub, slack: SlackStandIn, visits: Visits
) -> None:
    page = await visits.page(java_script_enabled=False)
    await page.goto(f"{office.url}/chat")
    await page.get_by_label(say("your_message")).fill("Mi manda il modulo?")
    await page.get_by_role("button", name=say("send"), exact=True).click()
    root = await thread(slack, "Mi manda il modulo?")
    await slack.operator_says("anna", "", thread_ts=root.ts, files=[("modulo.pdf", b"%PDF-1.4\n%%EOF\n")])
    await slack.wait_for(lambda: not slack.socket_mode.pending())
    await page.reload()
    async with page.expect_download() as downloading:
        await page.get_by_role("link", name="modulo.pdf").click()
    assert (await (await downloading.value).path()).read_bytes() == b"%PDF-1.4\n%%EOF\n"


async def test_closed_the_form_says_what_is_wrong_keeps_what_is_right_and_gives_a_reference(
    closed_office: RunningHub, slack: SlackStandIn, visits: Visits
) -> None:
    page = await visits.page(java_script_enabled=False)
    await page.goto(f"{closed_office.url}/chat")
    await expect(page.get_by_text("domani alle 9:00")).to_be_visible()
    await page.get_by_label(say("name")).fill("Maria Rossi")
    await page.get_by_label(say("text"), exact=True).fill("Mi richiamate?")
    await page.get_by_label(say("consent")).check()
    await page.get_by_role("button", name=say("callback_send")).click()
    await expect(page.get_by_role("alert")).to_have_text(say("errors_title"))
    await expect(page.get_by_label(say("email"))).to_have_accessible_description(say("error_contact"))
    await expect(page.get_by_label(say("text"), exact=True)).to_have_value("Mi richiamate?")
    await page.get_by_label(say("phone")).fill("055 123 4567")
    await page.get_by_role("button", name=say("callback_send")).click()
    reference = await page.locator("#reference").inner_text()
    root = await thread(slack, "Mi richiamate?")
    assert reference in root.text
    assert await page.context.cookies() == []


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
async def test_a_program_that_fills_in_every_field_is_thanked_and_nothing_is_stored(
    scripts: bool, closed_office: RunningHub, slack: SlackStandIn, visits: Visits
) -> None:
    page = await visits.page(java_script_enabled=scripts)
    await page.goto(f"{closed_office.url}/chat")
    form = page.locator("#callback-form")
    for field in await form.locator("input:not([type=hidden]):not([type=checkbox]), textarea").all():
        kind = await field.get_attribute("type")
        text = {"email": "buy@example.com", "tel": "055 123 4567"}.get(kind or "", "https://buy.example")
        await field.fill(text, force=True)
    await page.get_by_label(say("consent")).check()
    await page.get_by_role("button", name=say("callback_send")).click()
    await expect(page.locator("#reference")).to_have_text(re.compile("^[A-Z]{2}-[0-9]{4}$"))
    assert await closed_office.hub.store.conversations(kinds=[Kind.CALLBACK], states=list(State)) == []


async def test_nobody_reaches_or_hears_of_the_field_that_is_there_for_programs(
    closed_office: RunningHub, visits: Visits
) -> None:
    page = await visits.page()
    await page.goto(f"{closed_office.url}/chat")
    await expect(page.locator("#cb-homepage")).to_have_attribute("autocomplete", "off")
    await expect(page.get_by_role("textbox", name=say("leave_empty"))).to_have_count(0)
    await page.get_by_label(say("name")).focus()
    await page.keyboard.press("Shift+Tab")
    assert await page.evaluate("document.activeElement.id") != "cb-homepage"
    box = await page.locator("#cb-homepage").evaluate(
        "(one) => one.parentElement.getBoundingClientRect().width"
    )
    assert box <= 1
