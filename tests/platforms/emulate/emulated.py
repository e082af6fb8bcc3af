"""`EmulatedSlack`: a Slack that others wrote, for a second opinion on the bridge and on our stand-in."""

import asyncio
import json
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from ..changes import Changes
from ..slack.records import Json
from ..slack.text import escape
from .installed import HERE, ToolMissing, install, node
from .shim import APP_TOKEN, Shim, line_of

SECONDS_TO_START = 30


class EmulatedSlack:
    """npm `emulate` in a process of its own, behind the shim that gives it Socket Mode.

    `async with EmulatedSlack() as slack:` gives `slack.api_url`, `slack.bot_token`, `slack.app_token` and
    `slack.channel`, with the bot and the operators anna and marco. What it does not do (see WIRE.md: rate
    limits, wrong tokens, redelivery, unknown threads) only our own stand-in does. Starting raises
    `ToolMissing` when node or npm is not there.
    """

    bot_token = "xoxb-linea"
    app_token = APP_TOKEN

    def __init__(self) -> None:
        self.channel = ""
        self.changes = Changes()
        self.shim = Shim(self.changes.ring)
        self._process: asyncio.subprocess.Process | None = None
        self._runner: web.AppRunner | None = None

    @property
    def api_url(self) -> str:
        """The Web API's base address, for `base_url` of slack_sdk's clients."""
        return f"{self.shim.base_url}api/"

    async def __aenter__(self) -> Self:
        folder = await asyncio.to_thread(install)
        binary = await asyncio.to_thread(node)
        self._runner = web.AppRunner(self.shim.application(), access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.shim.base_url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/"
        self._process = await asyncio.create_subprocess_exec(
            binary,
            HERE / "slack_emulator.mjs",
            folder / "node_modules" / "emulate" / "dist",
            self.shim.base_url.rstrip("/"),
            f"{self.shim.base_url}shim/events",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            await self._began(self._process)
        except BaseException:
            await self.__aexit__(None, None, None)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            if self._process.returncode is None:
                self._process.kill()
            await self._process.communicate()
        if self._runner is not None:
            await self._runner.cleanup()

    async def _began(self, process: asyncio.subprocess.Process) -> None:
        line = await line_of(process.stdout, SECONDS_TO_START)
        if not line:
            said = (await process.communicate())[1].decode()
            raise ToolMissing(f"the Slack emulator ended at once:\n{said[-2000:]}")
        self.shim.emulator = json.loads(line)["url"]
        anna = self.client("xoxp-anna")
        listed = await anna.conversations_list()
        self.channel = next(c["id"] for c in listed["channels"] if c["name"] == "urp")
        for token in (self.bot_token, "xoxp-anna", "xoxp-marco"):
            await self.client(token).conversations_join(channel=self.channel)

    def client(self, token: str) -> AsyncWebClient:
        """A real client with this token; an operator's is `xoxp-NAME`."""
        return AsyncWebClient(token=token, base_url=self.api_url, retry_handlers=[])

    async def operator_says(self, user: str, text: str, *, thread_ts: str | None = None) -> str:
        """Someone writes; returns the message's ts. The text is as typed: & < > are escaped here."""
        said = await self.client(f"xoxp-{user}").chat_postMessage(
            channel=self.channel, text=escape(text), thread_ts=thread_ts
        )
        return str(said["ts"])

    async def operator_sends(
        self, user: str, filename: str, content: bytes, *, thread_ts: str | None = None
    ) -> str:
        """Someone sends a file; returns the file's id."""
        sent = await self.client(f"xoxp-{user}").files_upload_v2(
            channel=self.channel, filename=filename, content=content, thread_ts=thread_ts
        )
        return str(sent["files"][0]["id"])

    async def operator_edits(self, user: str, ts: str, text: str) -> str:
        """The author changes a message; returns its ts."""
        await self.client(f"xoxp-{user}").chat_update(channel=self.channel, ts=ts, text=escape(text))
        return ts

    async def operator_deletes(self, user: str, ts: str) -> str:
        """The author deletes a message; returns its ts."""
        await self.client(f"xoxp-{user}").chat_delete(channel=self.channel, ts=ts)
        return ts

    async def thread(self, ts: str) -> list[Json]:
        """A thread's messages, root first, as the Web API gives them."""
        found = await self.client("xoxp-anna").conversations_replies(channel=self.channel, ts=ts)
        return list(found["messages"])

    async def messages(self) -> list[Json]:
        """The channel's own messages, oldest first, as the Web API gives them."""
        found = await self.client("xoxp-anna").conversations_history(channel=self.channel)
        return list(reversed(found["messages"]))

    async def wait_for(self, predicate: Callable[[], Any], timeout: float = 10.0) -> Any:  # noqa: ASYNC109
        """Return the predicate's first true value, asked again at each call, event and acknowledgement."""
        return await self.changes.wait_for(predicate, timeout, lambda: f"{len(self.shim.acks)} acknowledged")
