"""Nobody is there: the button says so, and the form takes a message with contact details."""

import pytest
from playwright.async_api import FrameLocator, Page, expect

from models.tables import Kind, State
from tests.browser.visits import BUTTON, Visits, messages, press_button, say, thread, times_said, write
from tests.hub import RunningHub
from tests.line import Line
from tests.platforms.slack import SlackStandIn

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def fill(chat: Page | FrameLocator, text: str) -> None:
    """Fill the form in, but for the consent."""
    await chat.get_by_label(say("name")).fill("Maria Rossi")
    await chat.get_by_label(say("phone")).fill("055 123 4567")
    await chat.get_by_label(say("text"), exact=True).fill(text)


async def test_the_button_says_closed_and_a_message_left_there_reaches_slack_with_a_reference(
    closed_office: RunningHub, slack: SlackStandIn, visits: Visits
) -> None:
    page = await visits.page()
    await page.goto(closed_office.url)
    await expect(page.get_by_role("button", name=BUTTON)).to_contain_text(say("state_closed"))
    chat = await press_button(page)
    await expect(chat.get_by_text("domani alle 9:00")).to_be_visible()

    await fill(chat, "Mi richiamate per la TARI?")
    await chat.get_by_label(say("consent")).check()
    await chat.get_by_role("button", name=say("callback_send")).click()
    await expect(chat.get_by_role("heading", name=say("received_title"))).to_be_focused()
    reference = await chat.locator("#reference").inner_text()
    assert len(reference) == len("KT-4071")
    root = await thread(slack, "Mi richiamate per la TARI?")
    assert all(word in root.text for word in (reference, "Maria Rossi", "055 123 4567"))
    assert times_said(slack, "Mi richiamate per la TARI?") == 1


async def test_each_mistake_is_said_at_its_field_and_the_first_one_is_gone_to(
    closed_office: RunningHub, visits: Visits
) -> None:
    page = await visits.page()
    await page.goto(f"{closed_office.url}/chat")
    await page.get_by_label(say("name")).fill("Maria")
    await page.get_by_label(say("email")).fill("maria@")
    await page.get_by_label(say("phone")).click()
    await expect(page.get_by_label(say("email"))).to_have_accessible_description(say("error_email"))
    await page.get_by_role("button", name=say("callback_send")).click()
    await expect(page.get_by_role("alert")).to_have_text(say("errors_title"))
    await expect(page.get_by_label(say("email"))).to_be_focused()
    for label, words in (
        (say("text"), say("error_text_empty")),
        (say("consent"), say("error_consent")),
    ):
        field = page.get_by_label(label, exact=label == say("text"))
        await expect(field).to_have_attribute("aria-invalid", "true")
        await expect(field).to_have_accessible_description(words)

    await page.get_by_label(say("email")).fill("maria@example.com")
    await expect(page.get_by_label(say("email"))).not_to_have_attribute("aria-invalid", "true")
    await expect(page.get_by_label(say("name"))).to_have_value("Maria")


async def test_a_form_sent_while_the_network_is_down_keeps_every_word_and_arrives_once(
    closed_office: RunningHub, slack: SlackStandIn, visits: Visits
) -> None:
    async with Line(closed_office.url) as line:
        page = await visits.page()
        await page.goto(f"{line.url}/chat")
        await fill(page, "Mi richiamate?")
        await page.get_by_label(say("consent")).check()
        line.loses_answers = True
        await page.get_by_role("button", name=say("callback_send")).click()
        await expect(page.get_by_role("alert")).to_contain_text(say("error_connection"))
        await expect(page.get_by_label(say("text"), exact=True)).to_have_value("Mi richiamate?")
        line.loses_answers = False
        await page.get_by_role("button", name=say("callback_send")).click()
        await expect(page.get_by_role("heading", name=say("received_title"))).to_be_visible()
        await thread(slack, "Mi richiamate?")
        assert (
            len(await closed_office.hub.store.conversations(kinds=[Kind.CALLBACK], states=list(State))) == 1
        )


async def test_the_office_closes_and_opens_under_an_open_conversation(
    office: RunningHub, slack: SlackStandIn, visits: Visits
) -> None:
    page = await visits.page()
    await page.goto(f"{office.url}/chat")
    await write(page, "Buongiorno")
    root = await thread(slack, "Buongiorno")
    await expect(page.locator("#office-state")).to_have_text(say("state_open"))

    await slack.operator_says("anna", "!offline", thread_ts=root.ts)
    await expect(page.locator("#office-state")).to_have_text(say("state_closed"))
    await expect(page.locator("#notice")).to_contain_text(say("live_now_closed"))
    await slack.operator_says("anna", "Rispondo ancora a lei", thread_ts=root.ts)
    await expect(messages(page, "operator")).to_have_text(["Rispondo ancora a lei"])

    await slack.operator_says("anna", "!online", thread_ts=root.ts)
    await expect(page.locator("#office-state")).to_have_text(say("state_open"))
    await expect(page.locator("#notice")).to_contain_text(say("live_now_open"))


async def test_the_office_closes_while_the_first_message_is_typed_and_the_form_has_it(
    office: RunningHub, slack: SlackStandIn, visits: Visits
) -> None:
    other = await visits.page()
    await other.goto(f"{office.url}/chat")
    await write(other, "Buongiorno")
    root = await thread(slack, "Buongiorno")
    page = await visits.page()
    await page.goto(f"{office.url}/chat")
    await page.get_by_label(say("your_message")).fill("Quando si paga la TARI?")
    await slack.operator_says("anna", "!offline", thread_ts=root.ts)
    await expect(other.locator("#office-state")).to_have_text(say("state_closed"))

    await page.get_by_label(say("your_message")).press("Enter")
    await expect(page.get_by_role("heading", name=say("callback_title"))).to_be_visible()
    await expect(page.get_by_label(say("text"), exact=True)).to_have_value("Quando si paga la TARI?")
    await expect(page.locator("#office-state")).to_have_text(say("state_closed"))
