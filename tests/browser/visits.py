"""Citizens' visits in a real browser: what they do on the pages, and what the office sees of it."""

from typing import Any

from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    FrameLocator,
    Locator,
    Page,
    expect,
)

from tests.platforms.slack import Shown, SlackStandIn
from texts import words

say = words("it", {})
"""What the pages say, from the catalogue: `say("send")`."""
BUTTON = "Linea diretta con l'URP"
PATIENCE = 15_000
"""Milliseconds: generous, because other things may run on this machine."""

expect.set_options(timeout=PATIENCE)


class Visits:
    """Makes pages with a profile of their own each, and notes what goes wrong on them."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._contexts: list[BrowserContext] = []
        self.faults: list[str] = []

    async def page(self, **options: Any) -> Page:
        """A page of a new citizen, who reads Italian unless told otherwise; options as Playwright's new_context."""
        context = await self._browser.new_context(**{"locale": "it-IT", **options})
        context.set_default_timeout(PATIENCE)
        self._contexts.append(context)
        context.on("weberror", lambda error: self.faults.append(str(error.error)))
        context.on("console", self._note)
        return await context.new_page()

    def _note(self, message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text or "Content-Security-Policy" in message.text:
            self.faults.append(message.text)

    async def close(self) -> None:
        """Close every profile; what went wrong on the pages fails the test."""
        for context in self._contexts:
            await context.close()
        assert not self.faults


async def press_button(page: Page, name: str = BUTTON) -> FrameLocator:
    """Press the red button; the chat page inside the panel."""
    await page.get_by_role("button", name=name).click()
    chat = page.frame_locator("iframe")
    await is_ready(chat)
    return chat


async def is_ready(chat: Page | FrameLocator) -> None:
    """Wait until the chat page's scripts are there: a key that is pressed before is not heard."""
    await chat.locator("html[data-ready]").wait_for(state="attached")


def messages(chat: Page | FrameLocator, kind: str = "message") -> Locator:
    """The texts of the conversation's messages, of "operator" or "visitor" only if so wanted."""
    return chat.locator(f"#messages .message.{kind} .body")


async def write(chat: Page | FrameLocator, text: str) -> None:
    """Type a message and send it with the Enter key."""
    await is_ready(chat)
    box = chat.get_by_label(say("your_message"))
    await box.fill(text)
    await box.press("Enter")


async def kept(page: Page) -> dict[str, Any]:
    """What the chat page remembers in this tab."""
    for frame in page.frames:
        if "/chat" in frame.url:
            found = await frame.evaluate("JSON.parse(sessionStorage.getItem('linea-diretta') ?? '{}')")
            assert isinstance(found, dict)
            return found
    raise AssertionError(f"no chat page among {[frame.url for frame in page.frames]}")


async def stored_anywhere(page: Page) -> list[str]:
    """Everything the browser keeps for any frame of the page: cookies, storage, databases, caches."""
    found = [f"cookie {cookie.get('name')}" for cookie in await page.context.cookies()]
    for frame in page.frames:
        try:
            found += await frame.evaluate(
                """async () => [
                  ...Object.keys(localStorage), ...Object.keys(sessionStorage),
                  ...(await indexedDB.databases()).map((one) => one.name),
                  ...(self.caches ? await caches.keys() : []),
                  ...(navigator.serviceWorker ? await navigator.serviceWorker.getRegistrations() : []).map(String),
                ]"""
            )
        except Error as error:  # a frame of another site may be forbidden to keep anything
            assert "SecurityError" in str(error), error
    return found


async def thread(slack: SlackStandIn, holding: str) -> Shown:
    """The first message of the thread in which somebody wrote this."""

    def found() -> Shown | None:
        roots = [
            root for root in slack.messages() if any(holding in said.text for said in slack.thread(root.ts))
        ]
        return roots[0] if roots else None

    root = await slack.wait_for(found, timeout=15)
    assert root is not None
    return root


def times_said(slack: SlackStandIn, text: str) -> int:
    """How often a text stands in all threads of the channel."""
    return sum(text in said.text for root in slack.messages() for said in slack.thread(root.ts))
