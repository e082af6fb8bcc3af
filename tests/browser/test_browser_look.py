"""The town's own look: colours, corner, logo; under the strictest policy, and changed while pages are open."""

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.browser.town import town_at
from tests.browser.visits import BUTTON, Visits, press_button, say
from tests.platforms.slack import SlackStandIn

pytestmark = pytest.mark.asyncio(loop_scope="session")

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 56" width="48" height="56">'
    '<script>document.documentElement.setAttribute("data-ran", "yes")</script>'
    '<path d="M3 3h42v24c0 14-9 22-21 26C12 49 3 41 3 27Z" fill="#0059b3"/></svg>'
)
LOOK = {"color": "#ffd23f", "text_color": "#17324d", "position": "left", "logo": "logo.svg"}


async def painted(page: Page, selector: str) -> list[str]:
    """An element's ground and text colour."""
    found = await page.locator(selector).evaluate(
        "(one) => [getComputedStyle(one).backgroundColor, getComputedStyle(one).color]"
    )
    assert isinstance(found, list)
    return found


async def test_button_and_chat_page_follow_the_town_under_a_strict_policy(
    tmp_path: Path, slack: SlackStandIn, visits: Visits
) -> None:
    (tmp_path / "logo.svg").write_text(SVG)
    async with town_at(tmp_path, slack, widget=LOOK) as town:
        page = await visits.page(viewport={"width": 1100, "height": 800})
        await page.goto(town.url)
        button = page.get_by_role("button", name=BUTTON)
        await expect(button).to_be_visible()
        assert await painted(page, "linea-diretta .call") == ["rgb(255, 210, 63)", "rgb(23, 50, 77)"]
        box = await button.bounding_box()
        assert box is not None
        assert box["x"] < 100
        chat = await press_button(page)
        logo = chat.locator("img.logo")
        await expect(logo).to_be_visible()
        assert await logo.evaluate("(one) => one.decode().then(() => one.naturalWidth)") == 48
        mark = await chat.locator(".top").evaluate("(one) => getComputedStyle(one).borderBlockStartColor")
        assert mark == "rgb(255, 210, 63)"
        assert await painted(page, "linea-diretta .bar") == ["rgb(255, 210, 63)", "rgb(23, 50, 77)"]

        await page.set_viewport_size({"width": 360, "height": 640})
        await page.get_by_role("button", name=say("panel_close")).click()
        await button.click()
        panel = await page.locator("linea-diretta dialog").bounding_box()
        assert panel is not None
        assert (panel["x"], panel["width"]) == (0, 360)


async def test_a_script_inside_the_logo_never_runs(
    tmp_path: Path, slack: SlackStandIn, visits: Visits
) -> None:
    (tmp_path / "logo.svg").write_text(SVG)
    async with town_at(tmp_path, slack, widget=LOOK) as town:
        assert town.hub is not None
        page = await visits.page()
        answer = await page.goto(f"{town.hub.url}/chat/logo")
        assert answer is not None
        assert answer.headers["content-type"].startswith("image/svg+xml")
        assert await page.evaluate("document.documentElement.getAttribute('data-ran')") is None
        visits.faults.clear()  # the policy says what it stopped


async def test_an_edited_look_is_in_force_without_a_restart_and_a_refused_one_is_not(
    tmp_path: Path, slack: SlackStandIn, visits: Visits, caplog: pytest.LogCaptureFixture
) -> None:
    async with town_at(tmp_path, slack) as town:
        assert town.hub is not None
        page = await visits.page()
        await page.goto(town.url)
        await expect(page.get_by_role("button", name=BUTTON)).to_be_visible()
        assert (await painted(page, "linea-diretta .call"))[0] == "rgb(179, 18, 43)"
        town.hub.rewrite(widget={"color": "#ffd23f"})
        async with asyncio.timeout(60):
            while "a contrast of at least 4.5 to 1" not in caplog.text:  # noqa: ASYNC110 - a log has no event
                await asyncio.sleep(0.1)
        town.hub.rewrite(widget={"color": "#0059b3"})
        async with asyncio.timeout(120):
            while (await painted(page, "linea-diretta .call"))[0] != "rgb(0, 89, 179)":
                assert (await painted(page, "linea-diretta .call"))[0] == "rgb(179, 18, 43)"
                await page.goto(town.url)
                await expect(page.get_by_role("button", name=BUTTON)).to_be_visible()
