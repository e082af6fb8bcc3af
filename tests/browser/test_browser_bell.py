"""A sound and a notification tell of a reply, and only who asked for them by a press is asked or told."""

from typing import Any

import pytest
from playwright.async_api import FrameLocator, Page, expect

from tests.browser.visits import Visits, messages, press_button, say, thread, write
from tests.hub import RunningHub
from tests.platforms.slack import SlackStandIn

pytestmark = pytest.mark.asyncio(loop_scope="session")

WATCHED = """
  window.asked = 0;
  window.shown = [];
  window.Notification = new Proxy(Notification, {
    construct: (target, [title, options]) => {
      window.shown.push([title, options.body ?? ""]);
      return new target(title, options);
    },
    get: (target, name) => {
      if (name === "requestPermission") window.asked += 1;
      const value = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
"""
"""Notes what the page asks of the browser, and lets it do that."""


async def tones(page: Page) -> list[Any]:
    """What begins to sound on the page, as the browser's own tools see it."""
    session = await page.context.new_cdp_session(page)
    heard: list[Any] = []

    def note(event: dict[str, Any]) -> None:
        if event["node"]["nodeType"] == "Oscillator":
            heard.append(event["node"])

    session.on("WebAudio.audioNodeCreated", note)
    await session.send("WebAudio.enable")
    return heard


def bell(chat: Page | FrameLocator) -> Any:
    return chat.get_by_role("button", name=say("notify"))


async def close_panel(page: Page) -> None:
    """Close the panel; the chat in it has heard of that when this returns."""
    await page.get_by_role("button", name=say("panel_close")).click()
    await page.frames[-1].evaluate("() => new Promise((done) => setTimeout(done))")  # a turn behind the news


async def test_in_the_panel_a_reply_sounds_once_it_was_asked_for_and_until_it_is_taken_back(
    office: RunningHub, slack: SlackStandIn, visits: Visits
) -> None:
    page = await visits.page()
    await page.goto(office.url)
    heard = await tones(page)
    chat = await press_button(page)
    await expect(bell(chat)).to_be_hidden()
    await write(chat, "Buongiorno")
    root = await thread(slack, "Buongiorno")
    await slack.operator_says("anna", "Salve", thread_ts=root.ts)
    await expect(messages(chat, "operator")).to_have_count(1)
    assert heard == []

    await chat.get_by_text(say("options")).click()
    await expect(bell(chat)).to_have_attribute("aria-pressed", "false")
    await bell(chat).click()
    await expect(bell(chat)).to_have_attribute("aria-pressed", "true")
    await close_panel(page)
    before = len(heard)
    assert before == 2
    await slack.operator_says("anna", "Mi dica", thread_ts=root.ts)
    await expect(page.locator("linea-diretta .badge")).to_have_text("1")
    assert len(heard) == before + 2

    chat = await press_button(page)
    await bell(chat).click()
    await close_panel(page)
    await slack.operator_says("anna", "È ancora lì?", thread_ts=root.ts)
    await expect(page.locator("linea-diretta .badge")).to_have_text("1")
    assert len(heard) == before + 2


async def test_on_a_page_of_its_own_a_notification_says_nothing_of_what_was_written(
    office: RunningHub, slack: SlackStandIn, visits: Visits
) -> None:
    page = await visits.page(permissions=["notifications"])
    await page.add_init_script(WATCHED)
    await page.goto(f"{office.url}/chat")
    await write(page, "Buongiorno")
    root = await thread(slack, "Buongiorno")
    await slack.operator_says("anna", "Salve", thread_ts=root.ts)
    await expect(messages(page, "operator")).to_have_count(1)
    assert await page.evaluate("[asked, shown]") == [0, []]

    await page.get_by_text(say("options")).click()
    await bell(page).click()
    assert await page.evaluate("asked") == 1
    session = await page.context.new_cdp_session(page)
    await session.send("Emulation.setFocusEmulationEnabled", {"enabled": False})
    other = await page.context.new_page()
    await other.bring_to_front()
    await page.wait_for_function("() => !document.hasFocus()")
    await slack.operator_says("anna", "Il Suo codice è 1234", thread_ts=root.ts)
    await page.wait_for_function("() => shown.length === 1")
    ((title, body),) = await page.evaluate("shown")
    assert say("chat_title", office="URP – Comune di Prova") in title
    assert (body, "1234" in title) == ("", False)
