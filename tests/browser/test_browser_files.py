"""Files from the citizen: pasted, dropped, photographed; each arrives once and is seen on the page."""

import struct
import zlib
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.browser.visits import Visits, messages, say, thread, write
from tests.hub import RunningHub
from tests.platforms.slack import SlackStandIn

pytestmark = pytest.mark.asyncio(loop_scope="session")


def chunk(kind: bytes, content: bytes) -> bytes:
    """A part of a PNG file."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


PNG = (
    b"\x89PNG\r\n\x1a\n"
    + chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0))
    + chunk(b"IDAT", zlib.compress((b"\x00" + b"\x80" * 8) * 8))
    + chunk(b"IEND", b"")
)
"""A grey square."""


async def begun(office: RunningHub, slack: SlackStandIn, page: Page) -> str:
    """A conversation, so that there is something to put files into; its thread."""
    await page.goto(f"{office.url}/chat")
    await write(page, "Buongiorno")
    return (await thread(slack, "Buongiorno")).ts


async def files_in(slack: SlackStandIn, ts: str, count: int) -> list[str]:
    """The names of the files in a thread, once there are so many."""

    def found() -> list[str]:
        return [name for said in slack.thread(ts) for name in said.files]

    await slack.wait_for(lambda: len(found()) >= count, timeout=30)
    return found()


async def test_a_picture_that_was_copied_is_pasted_and_seen_on_the_page(
    office: RunningHub, slack: SlackStandIn, visits: Visits
) -> None:
    page = await visits.page(permissions=["clipboard-read", "clipboard-write"])
    ts = await begun(office, slack, page)
    await page.evaluate(
        """async () => {
          const canvas = new OffscreenCanvas(8, 8);
          canvas.getContext("2d").fillRect(0, 0, 8, 4);
          const picture = await canvas.convertToBlob({ type: "image/png" });
          await navigator.clipboard.write([new ClipboardItem({ "image/png": picture })]);
        }"""
    )
    await page.get_by_label(say("your_message")).focus()
    await page.keyboard.press("Control+V")
    picture = page.locator(".message.visitor .body img")
    await expect(picture).to_be_visible()
    assert await picture.evaluate("(one) => one.naturalWidth") == 8
    assert len(await files_in(slack, ts, 1)) == 1
    await expect(page.locator(".message.visitor")).to_have_count(2)


async def drop(page: Page, selector: str, *paths: Path) -> None:
    """Let files fall from the desktop onto an element, as the system does."""
    box = await page.locator(selector).bounding_box()
    assert box is not None
    session = await page.context.new_cdp_session(page)
    for kind in ("dragEnter", "dragOver", "drop"):
        data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
        place = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
        await session.send("Input.dispatchDragEvent", {"type": kind, **place, "data": data})


async def test_files_dropped_anywhere_on_the_page_arrive_and_open_nothing(
    office: RunningHub, slack: SlackStandIn, visits: Visits, tmp_path: Path
) -> None:
    page = await visits.page()
    ts = await begun(office, slack, page)
    photo, form = tmp_path / "buca.png", tmp_path / "modulo.pdf"
    photo.write_bytes(PNG)
    form.write_bytes(b"%PDF-1.4\n%%EOF\n")
    await drop(page, "#log", photo, form)
    assert sorted(await files_in(slack, ts, 2)) == ["buca.png", "modulo.pdf"]
    await expect(page.get_by_role("button", name=say("live_download", name="modulo.pdf"))).to_be_visible()
    assert page.url.startswith(office.url)


async def test_a_file_before_the_first_message_is_not_swallowed_in_silence(
    office: RunningHub, visits: Visits, tmp_path: Path
) -> None:
    page = await visits.page()
    await page.goto(f"{office.url}/chat")
    await expect(page.locator("#hint")).to_be_visible()
    photo = tmp_path / "buca.png"
    photo.write_bytes(PNG)
    await drop(page, "#text", photo)
    await expect(page.locator("#notice")).to_have_text(say("live_file_first"))


async def test_on_a_phone_a_button_opens_the_camera_and_on_a_desktop_there_is_none(
    office: RunningHub, slack: SlackStandIn, visits: Visits
) -> None:
    desktop = await visits.page()
    await begun(office, slack, desktop)
    await expect(desktop.get_by_role("button", name=say("attach"))).to_be_visible()
    await expect(desktop.get_by_role("button", name=say("photo"))).to_be_hidden()

    phone = await visits.page(is_mobile=True, has_touch=True, viewport={"width": 390, "height": 700})
    await phone.goto(f"{office.url}/chat")
    await phone.get_by_label(say("your_message")).fill("C'è una buca")
    await phone.get_by_role("button", name=say("send"), exact=True).tap()
    ts = (await thread(slack, "C'è una buca")).ts
    async with phone.expect_file_chooser() as choosing:
        await phone.get_by_role("button", name=say("photo")).tap()
    chooser = await choosing.value
    asked = [await chooser.element.get_attribute(name) for name in ("accept", "capture")]
    assert asked == ["image/*", "environment"]
    await chooser.set_files({"name": "buca.png", "mimeType": "image/png", "buffer": PNG})
    assert await files_in(slack, ts, 1) == ["buca.png"]
    await expect(phone.locator(".message.visitor .body img")).to_be_visible()
    await expect(messages(phone, "visitor")).to_have_count(2)
