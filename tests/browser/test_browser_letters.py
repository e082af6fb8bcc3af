"""From the closed office's form in the browser to the letter that answers it, though the hub is killed in between."""

import signal
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.visits import Visits, messages, say, thread, write
from tests.hub import configuration, hub_at
from tests.platforms.mail import MailStandIn
from tests.platforms.slack import SlackStandIn
from tests.program import Program

pytestmark = pytest.mark.asyncio(loop_scope="session")

MARIA = "maria@posta.example"


async def test_a_message_left_with_an_address_is_answered_from_slack_by_one_letter(
    tmp_path: Path, slack: SlackStandIn, visits: Visits
) -> None:
    async with MailStandIn() as mail:
        joined = configuration(slack, None, mail)["bridges"]
        program = Program(tmp_path, slack, hours={}, bridges=joined)  # no hours: closed for good
        await program.start()
        page = await visits.page()
        await page.goto(f"{program.url}/chat")
        await page.get_by_label(say("name")).fill("Maria Rossi")
        await page.get_by_label(say("email"), exact=True).fill(MARIA)
        await page.get_by_label(say("text"), exact=True).fill("Quando è pronto il certificato?")
        await page.get_by_label(say("consent")).check()
        await page.get_by_role("button", name=say("callback_send")).click()
        await expect(page.get_by_role("heading", name=say("received_title"))).to_be_focused()
        reference = await page.locator("#reference").inner_text()
        root = await thread(slack, "Quando è pronto il certificato?")
        receipt = (await mail.wait_for(lambda: mail.to(MARIA)))[0]
        assert reference in receipt["Subject"]

        await mail.stop()  # the reply is taken in, and cannot leave yet
        await slack.operator_says("anna", "Martedì dalle 10, con un documento.", thread_ts=root.ts)
        await slack.wait_for(lambda: not slack.socket_mode.pending())
        await program.stop(signal.SIGKILL)
        await mail.start()
        await program.start()
        answer = (await mail.wait_for(lambda: [m for m in mail.to(MARIA) if m["In-Reply-To"]], timeout=60))[0]
        assert "Martedì dalle 10, con un documento." in answer.get_content()
        assert answer["In-Reply-To"] == receipt["Message-ID"]
        await program.stop()
        assert len([letter for letter in mail.to(MARIA) if letter["In-Reply-To"]]) == 1
        assert len({letter["Message-ID"] for letter in mail.to(MARIA)}) == 2


async def test_at_the_end_the_citizen_has_the_conversation_sent(
    tmp_path: Path, slack: SlackStandIn, visits: Visits
) -> None:
    async with MailStandIn() as mail, hub_at(tmp_path, slack=slack, mail=mail) as office:
        page = await visits.page()
        await page.goto(f"{office.url}/chat")
        await write(page, "Quando siete aperti?")
        root = await thread(slack, "Quando siete aperti?")
        await slack.operator_says("anna", "Domani dalle 9", thread_ts=root.ts)
        await expect(messages(page, "operator").last).to_have_text("Domani dalle 9")
        await slack.operator_says("anna", "!close", thread_ts=root.ts)
        field = page.get_by_label(say("transcript_mail"))
        await field.fill("maria@")
        await field.press("Enter")
        await expect(page.locator("#mail-error")).to_have_text(say("error_email"))
        await expect(field).to_be_focused()
        await field.fill(MARIA)
        await field.press("Enter")
        await expect(page.locator("#mailed")).to_have_text(say("live_mailed", email=MARIA))
        (letter,) = await mail.wait_for(lambda: mail.to(MARIA), timeout=60)
        assert "Domani dalle 9" in letter.get_content()


async def test_without_javascript_the_conversation_is_sent_by_a_plain_form(
    tmp_path: Path, slack: SlackStandIn, visits: Visits
) -> None:
    async with MailStandIn() as mail, hub_at(tmp_path, slack=slack, mail=mail) as office:
        page = await visits.page(java_script_enabled=False)
        await page.goto(f"{office.url}/chat")
        await page.get_by_label(say("your_message")).fill("Quando siete aperti?")
        await page.get_by_role("button", name=say("send")).click()
        root = await thread(slack, "Quando siete aperti?")
        await slack.operator_says("anna", "Domani dalle 9", thread_ts=root.ts)
        await slack.operator_says("anna", "!close", thread_ts=root.ts)
        await slack.wait_for(lambda: not slack.socket_mode.pending())
        await page.goto(f"{office.url}/chat")
        await page.get_by_label(say("transcript_mail")).fill("maria@")
        await page.locator("#mail").get_by_role("button").click()
        await expect(page.locator("#mail-error")).to_have_text(say("error_email"))
        await page.get_by_label(say("transcript_mail")).fill(MARIA)
        await page.locator("#mail").get_by_role("button").click()
        await expect(page.locator("#mailed")).to_have_text(say("live_mailed", email=MARIA))
        await mail.wait_for(lambda: mail.to(MARIA), timeout=60)
