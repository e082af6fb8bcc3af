"""What Lighthouse asks of a page, where it is ours to decide: on the demo page and on the chat page."""

import pytest
from playwright.async_api import ConsoleMessage, Response, expect

from tests.browser.visits import BUTTON, Visits
from tests.hub import RunningHub

pytestmark = pytest.mark.asyncio(loop_scope="session")

SHIFTS = """() => new Promise((done) => {
  new PerformanceObserver((list) => done(list.getEntries().map((one) => one.value)))
    .observe({ type: "layout-shift", buffered: true });
  requestAnimationFrame(() => requestAnimationFrame(() => done([])));
})"""


@pytest.mark.parametrize("path", ["/", "/chat"])
async def test_a_page_keeps_to_what_lighthouse_asks(path: str, office: RunningHub, visits: Visits) -> None:
    page = await visits.page(viewport={"width": 412, "height": 823})
    said: list[str] = []
    answers: list[Response] = []

    def note_words(message: ConsoleMessage) -> None:
        said.append(f"{message.type}: {message.text}")

    def note_answer(response: Response) -> None:
        answers.append(response)

    page.on("console", note_words)
    page.on("response", note_answer)
    await page.goto(f"{office.url}{path}")
    await expect(
        page.get_by_role("button", name=BUTTON) if path == "/" else page.locator("#hint")
    ).to_be_visible()

    assert said == []
    assert [answer.url for answer in answers if answer.status >= 400] == []
    assert await page.evaluate(SHIFTS) == []
    assert await page.title()
    assert len(await page.locator("meta[name=description]").get_attribute("content") or "") >= 50
    assert await page.locator("meta[name=viewport]").get_attribute("content") == (
        "width=device-width, initial-scale=1"
    )
    unsized = "[...document.images].filter((one) => !one.hasAttribute('width') && !one.hidden).length"
    assert await page.evaluate(unsized) == 0
    assert await page.evaluate("document.characterSet") == "UTF-8"
    for answer in answers:
        kind = answer.headers.get("content-type", "").split(";")[0]
        if kind in ("text/html", "text/css", "text/javascript") and len(await answer.body()) > 1400:
            assert answer.headers.get("content-encoding") == "gzip", answer.url
        if "/static/" in answer.url:
            assert "max-age" in answer.headers["cache-control"], answer.url
            assert answer.headers["etag"], answer.url
        assert answer.headers.get("x-content-type-options") == "nosniff", answer.url
    foreign = [answer.url for answer in answers if not answer.url.startswith(office.url)]
    assert foreign == []
