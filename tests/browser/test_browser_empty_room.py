"""Nobody answers: the citizen leaves contact details without writing anything again, and the chat stays open."""

from datetime import timedelta

import httpx
import pytest
from playwright.async_api import Page, expect

from tests.browser.visits import Visits, messages, say, thread, write
from tests.citizen import Citizen
from tests.hub import RunningHub
from tests.platforms.slack import SlackStandIn

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def nobody_answers(office: RunningHub) -> None:
    """Four minutes pass."""
    office.clock.advance(timedelta(minutes=4))
    await office.hub.remind_of_waiting()


async def leave_phone(page: Page) -> str:
    """Fill in what the form still asks for; the reference."""
    await expect(page.get_by_text(say("callback_ongoing"))).to_be_visible()
    await page.get_by_label(say("phone")).fill("055 123 4567")
    await page.get_by_label(say("consent")).check()
    await page.get_by_role("button", name=say("callback_send")).click()
    await expect(page.get_by_role("heading", name=say("received_title"))).to_be_visible()
    await expect(page.get_by_text(say("chat_stays"))).to_be_visible()
    return await page.locator("#reference").inner_text()


async def test_who_waits_in_vain_leaves_a_number_and_still_gets_the_late_answer(
    office: RunningHub, slack: SlackStandIn, visits: Visits
) -> None:
    page = await visits.page()
    await page.goto(f"{office.url}/chat")
    await page.get_by_text(say("your_name")).click()
    await page.locator("#name").fill("Maria Rossi")
    await write(page, "Mi serve un certificato di residenza")
    root = await thread(slack, "Mi serve un certificato di residenza")
    await nobody_answers(office)
    await page.get_by_label(say("your_message")).fill("Entro venerdì")
    await page.get_by_role("button", name=say("live_to_callback")).click()

    await expect(page.locator("#cb-name")).to_have_value("Maria Rossi")
    await expect(page.get_by_label(say("text_more"))).to_have_value("Entro venerdì")
    reference = await leave_phone(page)
    await slack.wait_for(
        lambda: any(
            reference in said.text and "Entro venerdì" in said.text for said in slack.thread(root.ts)
        ),
        timeout=15,
    )
    assert len(slack.messages()) == 1

    await page.locator("#chat-stays a").click()
    await expect(page.get_by_text(say("live_reference", reference=reference))).to_be_visible()
    await expect(page.get_by_role("button", name=say("live_to_callback"))).to_have_count(0)
    await slack.operator_says("anna", "Eccomi, scusi l'attesa", thread_ts=root.ts)
    await expect(messages(page, "operator")).to_have_text(["Eccomi, scusi l'attesa"])
    await page.reload()
    await expect(page.get_by_text(say("live_reference", reference=reference))).to_be_visible()


async def test_the_same_without_javascript(office: RunningHub, slack: SlackStandIn, visits: Visits) -> None:
    page = await visits.page(java_script_enabled=False)
    await page.goto(f"{office.url}/chat")
    await page.get_by_label(say("your_message")).fill("Mi serve un certificato")
    await page.get_by_role("button", name=say("send"), exact=True).click()
    root = await thread(slack, "Mi serve un certificato")
    await nobody_answers(office)
    await page.get_by_role("button", name=say("reload")).click()
    await page.get_by_role("link", name=say("live_to_callback")).click()
    await page.get_by_label(say("name")).fill("Maria Rossi")
    reference = await leave_phone(page)
    await slack.wait_for(lambda: any(reference in said.text for said in slack.thread(root.ts)), timeout=15)
    await page.locator("#chat-stays a").click()
    await expect(page.get_by_text(say("live_reference", reference=reference))).to_be_visible()
    await expect(page.get_by_role("link", name=say("live_to_callback"))).to_have_count(0)


@pytest.mark.parametrize("scripts", [True, False])
async def test_how_far_a_message_is_may_be_asked_on_the_page(
    office: RunningHub, visits: Visits, scripts: bool
) -> None:
    body = {"client_id": "c", "name": "Maria Rossi", "phone": "0551234567", "text": "TARI", "consent": True}
    async with httpx.AsyncClient(base_url=office.url) as http:
        reference: str = (await http.post("/api/callbacks", json=body)).json()["reference"]
    page = await visits.page(java_script_enabled=scripts)
    await page.goto(f"{office.url}/chat/callback")
    for asked, answer in ((reference.lower(), "progress_new"), ("XX 0000x", "progress_unknown")):
        if not await page.locator("#asked").is_visible():
            await page.get_by_text(say("reference_title")).click()
        await page.get_by_label(say("reference_label")).fill(asked)
        await page.get_by_role("button", name=say("reference_check")).click()
        await expect(page.locator("#progress")).to_have_text(say(answer))
    assert "Maria" not in await page.content()


async def test_the_place_in_the_line_is_shown_until_somebody_answers_and_read_out_to_nobody(
    office: RunningHub, slack: SlackStandIn, visits: Visits
) -> None:
    async with Citizen(office.url) as before:
        await before.start("Buongiorno")
        page = await visits.page()
        await page.goto(f"{office.url}/chat")
        await write(page, "Dove pago la TARI?")
        line = page.locator("#line")
        await expect(line).to_have_text(say("live_queue", position=2))
        live = "node => node.closest('[aria-live], [role=log], [role=status], [role=alert]') === null"
        assert await line.evaluate(live)
        await before.call("POST", "/close")
        await expect(line).to_have_text(say("live_queue", position=1))
        root = await thread(slack, "Dove pago la TARI?")
        await slack.operator_says("anna", "Allo sportello 2", thread_ts=root.ts)
        await expect(messages(page, "operator")).to_have_count(1)
        await expect(line).to_be_hidden()
