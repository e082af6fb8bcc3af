"""What the tests of the stand-in share: clients, a noting Bolt app, and shapes of blocks."""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from .records import Json
from .stand_in import SlackStandIn


def client(slack: SlackStandIn, token: str | None = None, **more: Any) -> AsyncWebClient:
    """A real client of the stand-in, with the bot's token unless another is given."""
    token = slack.bot_token if token is None else token
    return AsyncWebClient(token=token, base_url=slack.api_url, retry_handlers=[], **more)


class Desk:
    """A Bolt app that notes what reaches it; `broken` makes its listeners fail before they note it."""

    def __init__(self, slack: SlackStandIn) -> None:
        self.events: list[Json] = []
        self.bodies: list[Json] = []
        self.headers: list[Json] = []
        self.actions: list[Json] = []
        self.submitted: list[Json] = []
        self.broken = False
        self.slack = slack
        # Bolt logs each failing listener and each lost socket; the tests make many fail on purpose.
        logger = logging.getLogger("test.bolt")
        logger.setLevel(logging.CRITICAL)
        # Without a name Bolt reads source files for one, which blocks the loop.
        self.app = AsyncApp(client=client(slack), name="desk", process_before_response=True, logger=logger)
        for kind in ("message", "reaction_added", "reaction_removed"):
            self.app.event(kind)(self.noted)
        self.app.action("take")(self.pressed)
        self.app.view("answer")(self.sent)
        self.handler = AsyncSocketModeHandler(self.app, slack.app_token, logger=logger, ping_interval=0.2)

    async def noted(self, event: Json, body: Json, request: Any) -> None:
        if self.broken:
            raise RuntimeError("the database is away")
        self.events.append(event)
        self.bodies.append(body)
        self.headers.append(request.headers)
        self.slack.changes.ring()

    async def pressed(self, ack: Callable[[], Any], body: Json) -> None:
        await ack()
        self.actions.append(body)
        self.slack.changes.ring()

    async def sent(self, ack: Callable[[], Any], body: Json) -> None:
        await ack()
        self.submitted.append(body)
        self.slack.changes.ring()

    async def connect(self) -> None:
        """Open a socket."""
        await self.handler.connect_async()  # type: ignore[no-untyped-call]

    async def close(self) -> None:
        """Close it and stay away."""
        await self.handler.close_async()  # type: ignore[no-untyped-call]

    def texts(self) -> list[str]:
        """The texts of the messages that came, in order of arrival, without edits and deletions."""
        return [event.get("text", "") for event in self.events if not event.get("hidden")]


@asynccontextmanager
async def connected(slack: SlackStandIn) -> AsyncIterator[Desk]:
    desk = Desk(slack)
    await desk.connect()
    await slack.wait_for(lambda: slack.connected == 1)
    try:
        yield desk
    finally:
        await desk.close()


async def refusal(call: Any) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])


def section(text: str) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def button(text: str = "Take", **more: Any) -> Json:
    plain = {"type": "plain_text", "text": text}
    return {"type": "actions", "elements": [{"type": "button", "text": plain, "action_id": "take", **more}]}


def rich(*elements: Json) -> Json:
    inside = {"type": "rich_text_section", "elements": list(elements)}
    return {"type": "rich_text", "elements": [inside]}
