"""What operators mark is shown so on the citizen's page, as elements of a short list; no text of theirs is obeyed."""

import pytest
from playwright.async_api import Locator, expect

from tests.browser.visits import Visits, messages, say, thread, write
from tests.hub import RunningHub
from tests.platforms.slack import SlackStandIn

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_bold_and_code_are_so_and_markup_is_only_text(
    office: RunningHub, slack: SlackStandIn, visits: Visits
) -> None:
    page = await visits.page()
    await page.goto(f"{office.url}/chat")
    await write(page, "Che cosa devo portare?")
    root = await thread(slack, "Che cosa devo portare?")
    said = await slack.operator_says(
        "anna",
        "😀 *due <b>foto</b>* e `<img src=x onerror=alert(1)>`, https://www.comune.example/m",
        thread_ts=root.ts,
    )
    shown = messages(page, "operator")
    await expect(shown.locator("b")).to_have_text(["due <b>foto</b>"])
    await expect(shown.locator("code")).to_have_text(["<img src=x onerror=alert(1)>"])
    await expect(shown.locator("img")).to_have_count(0)
    await expect(shown.locator("a")).to_have_attribute("href", "https://www.comune.example/m")
    await slack.operator_edits(said, "*due* foto")
    await expect(shown.locator("b")).to_have_text(["due"])
    await expect(shown.locator("code")).to_have_count(0)


FORMATTED = "😀 *due <b>foto</b>* e `<img src=x onerror=alert(1)>`, https://www.comune.example/m"


async def formatted(shown: Locator) -> None:
    """The message looks as its operator wanted, and nothing in it is obeyed."""
    await expect(shown.locator("b")).to_have_text(["due <b>foto</b>"])
    await expect(shown.locator("code")).to_have_text(["<img src=x onerror=alert(1)>"])
    await expect(shown.locator("img")).to_have_count(0)
    await expect(shown.locator("a")).to_have_attribute("href", "https://www.comune.example/m")
    await expect(shown.locator("a")).to_have_attribute("rel", "noopener noreferrer nofollow")


async def test_without_javascript_it_is_shown_so_too(
    office: RunningHub, slack: SlackStandIn, visits: Visits
) -> None:
    page = await visits.page(java_script_enabled=False)
    await page.goto(f"{office.url}/chat")
    await page.get_by_label(say("your_message")).fill("Che cosa devo portare?")
    await page.get_by_role("button", name=say("send")).click()
    root = await thread(slack, "Che cosa devo portare?")
    said = await slack.operator_says("anna", FORMATTED, thread_ts=root.ts)
    await slack.wait_for(lambda: not slack.socket_mode.pending())
    await page.goto(f"{office.url}/chat")
    await formatted(page.locator("#messages .operator .body"))
    await slack.operator_edits(said, "_due_ foto")
    await slack.wait_for(lambda: not slack.socket_mode.pending())
    await page.goto(f"{office.url}/chat")
    await expect(page.locator("#messages .operator i")).to_have_text(["due"])
    await expect(page.locator("#messages .operator code")).to_have_count(0)


async def test_the_desk_shows_it_so_live_and_after_a_reload(
    office: RunningHub, slack: SlackStandIn, visits: Visits
) -> None:
    page = await visits.page()
    await page.goto(f"{office.url}/chat")
    await write(page, "Che cosa devo portare?")
    root = await thread(slack, "Che cosa devo portare?")
    desk = await visits.page()
    await desk.goto(office.desk_link)
    await desk.locator("#name").fill("Lucia Verdi")
    await desk.locator("button.primary").click()
    await desk.locator("#list li a").first.click()
    await expect(desk.locator("#messages")).to_contain_text("Che cosa devo portare?")
    said = await slack.operator_says("anna", FORMATTED, thread_ts=root.ts)
    await formatted(desk.locator("#messages .operator .body"))
    await desk.reload()
    await formatted(desk.locator("#messages .operator .body"))
    await slack.operator_edits(said, "_due_ foto")
    await expect(desk.locator("#messages .operator i")).to_have_text(["due"])
