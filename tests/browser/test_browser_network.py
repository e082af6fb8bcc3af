"""Bad lines and proxies: 2G, a third of everything lost, and a real nginx as the documents set it up."""

import asyncio
import contextlib
import re
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.async_api import expect

from tests.browser.visits import Visits, messages, say, thread, times_said, write
from tests.hub import RunningHub
from tests.line import Line
from tests.nginx import nginx_words
from tests.platforms.slack import SlackStandIn

pytestmark = pytest.mark.asyncio(loop_scope="session")

SLOW = 60_000
"""Milliseconds: waits for a next try grow to half a minute."""
LATENCY_2G = 0.3
"""Seconds, each way."""
DOCUMENTED = (Path(__file__).parents[2] / "docs" / "operations.md").read_text()


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_on_2g_with_a_third_of_everything_lost_each_message_arrives_once_and_in_order(
    seed: int, office: RunningHub, slack: SlackStandIn, line: Line, visits: Visits
) -> None:
    page = await visits.page()
    line.latency = LATENCY_2G
    await page.goto(f"{line.url}/chat")
    await expect(page.locator("#hint")).to_be_visible()
    line.fails(0.3, seed)
    asked = [f"domanda {number}" for number in range(1, 7)]
    for text in asked:
        await write(page, text)
    await expect(page.locator(".message.visitor:is(.waiting, .sending)")).to_have_count(0, timeout=4 * SLOW)
    root = await thread(slack, asked[0])
    await slack.wait_for(lambda: all(times_said(slack, text) for text in asked), timeout=60)
    answered = [f"risposta {number}" for number in range(1, 7)]
    for number, text in enumerate(answered, 1):
        await slack.operator_says("anna", text, thread_ts=root.ts)
        await expect(messages(page, "operator")).to_have_count(number, timeout=2 * SLOW)
    await expect(messages(page, "operator")).to_have_text(answered)
    await expect(messages(page, "visitor")).to_have_text(asked)
    assert [times_said(slack, text) for text in asked] == [1] * len(asked)
    assert line.lost.total() >= 3, line.lost


@contextlib.asynccontextmanager
async def nginx(folder: Path, hub: str, *changes: tuple[str, str]) -> AsyncIterator[str]:
    """A real nginx before the hub, set up as the documents show, but for its ports and ``changes``."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    (server,) = re.findall(r"```nginx\n(.*?)```", DOCUMENTED, re.DOTALL)
    words = nginx_words(
        folder,
        server,
        ("listen 443 ssl;", f"listen 127.0.0.1:{port};"),
        ("http://127.0.0.1:8000", f"http://127.0.0.1:{urlsplit(hub).port}"),
        *changes,
    )
    process = await asyncio.create_subprocess_exec(*words, stderr=asyncio.subprocess.PIPE)
    try:
        async with asyncio.timeout(30):
            while not await answers(port):
                assert process.returncode is None, await process.stderr.read() if process.stderr else ""
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        await process.wait()


async def answers(port: int) -> bool:
    """Whether somebody listens there."""
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


BUFFERING = ("proxy_buffering off;", "proxy_buffering on;")
HOLDING = (
    "proxy_buffering off;",
    "proxy_buffering on; proxy_ignore_headers X-Accel-Buffering;"
    "gzip on; gzip_types text/event-stream; gzip_proxied any;",
)
"""Deaf to what the hub asks for, and compressing: nginx holds a stream back until it ends."""


@pytest.mark.parametrize("change", [None, BUFFERING], ids=["as documented", "buffering"])
async def test_through_nginx_replies_stream_also_where_its_buffering_was_left_on(
    change: tuple[str, str] | None, office: RunningHub, slack: SlackStandIn, visits: Visits, tmp_path: Path
) -> None:
    async with nginx(tmp_path, office.url, *([change] if change else [])) as url:
        page = await visits.page()
        polls: list[str] = []
        page.on("request", lambda request: polls.append(request.url) if "wait=" in request.url else None)
        await page.goto(f"{url}/chat")
        await write(page, "Buongiorno")
        root = await thread(slack, "Buongiorno")
        for number, text in enumerate(("Salve", "Mi dica", "La ascolto"), 1):
            await slack.operator_says("anna", text, thread_ts=root.ts)
            await expect(messages(page, "operator")).to_have_count(number)
        assert polls == []
        async with page.expect_file_chooser() as choosing:
            await page.get_by_role("button", name=say("attach")).click()
        large = {"name": "foto.txt", "mimeType": "text/plain", "buffer": b"una foto grande\n" * 600_000}
        await (await choosing.value).set_files(large)  # type: ignore[arg-type]
        await expect(page.get_by_role("button", name=say("live_download", name="foto.txt"))).to_be_visible(
            timeout=SLOW
        )


async def test_through_an_nginx_that_holds_streams_back_the_page_notices_and_asks_instead(
    office: RunningHub, slack: SlackStandIn, visits: Visits, tmp_path: Path
) -> None:
    async with nginx(tmp_path, office.url, HOLDING) as url:
        page = await visits.page()
        await page.clock.install()
        await page.goto(f"{url}/chat")
        await write(page, "Buongiorno")
        root = await thread(slack, "Buongiorno")
        await page.clock.fast_forward(10_000)
        await expect(page.locator("#notice")).to_contain_text(say("live_connecting"))
        await page.clock.fast_forward(2_000)
        for number, text in enumerate(("Salve", "Mi dica", "La ascolto"), 1):
            await slack.operator_says("anna", text, thread_ts=root.ts)
            await expect(messages(page, "operator")).to_have_count(number)
        await expect(messages(page, "operator")).to_have_text(["Salve", "Mi dica", "La ascolto"])
