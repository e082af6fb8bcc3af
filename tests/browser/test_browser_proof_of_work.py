"""Proof of work in a real browser: the citizen notices nothing, and nothing of it is loaded before it is asked for."""

from pathlib import Path

import pytest
from playwright.async_api import Request, expect

from tests.browser.visits import Visits, messages, say, thread, write
from tests.hub import hub_at
from tests.platforms.slack import SlackStandIn

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_behind_an_address_whose_share_is_used_up_every_message_arrives(
    tmp_path: Path, slack: SlackStandIn, visits: Visits
) -> None:
    limits = {"per_address": "2/h", "per_conversation": "unlimited"}
    async with hub_at(tmp_path, slack=slack, limits=limits) as office:
        page = await visits.page()
        loaded: list[str] = []

        def note(request: Request) -> None:
            loaded.append(request.url)

        page.on("request", note)
        await page.goto(f"{office.url}/chat?lang=it")
        for text in ("uno", "due"):
            await write(page, text)
            await expect(messages(page, "visitor").last).to_have_text(text)
        await thread(slack, "due")
        assert not [url for url in loaded if "proof" in url]
        for text in ("tre", "quattro"):
            await write(page, text)
        await thread(slack, "tre")
        await thread(slack, "quattro")
        await expect(page.locator("#messages .marks", has_text=say("live_waiting"))).to_have_count(0)
        assert [url for url in loaded if "proof-worker" in url]


async def test_an_office_that_always_asks_is_begun_with_and_left_contact_details_at(
    tmp_path: Path, slack: SlackStandIn, visits: Visits
) -> None:
    limits = {"per_address": "unlimited", "per_conversation": "unlimited", "proof_of_work": "always"}
    async with hub_at(tmp_path, slack=slack, limits=limits) as office:
        page = await visits.page()
        await page.goto(f"{office.url}/chat?lang=it")
        await write(page, "Buongiorno")
        await thread(slack, "Buongiorno")
        other = await visits.page()
        await other.goto(f"{office.url}/chat/callback?lang=it")
        form = other.locator("#callback-form")
        await form.get_by_label(say("name")).fill("Maria Rossi")
        await form.locator("#cb-phone").fill("055 883321")
        await form.locator("#cb-text").fill("Mi richiamate?")
        await form.locator("#cb-consent").check()
        await form.get_by_role("button", name=say("callback_send")).click()
        await expect(other.get_by_text(say("received_title"))).to_be_visible()
