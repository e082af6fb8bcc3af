"""The Slack that others wrote runs behind the shim, for the real slack_sdk and the real Bolt."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from tests import npm

from .emulate import EmulatedSlack, ToolMissing, installed

Json = dict[str, Any]


@asynccontextmanager
async def connected(slack: EmulatedSlack, events: list[Json]) -> AsyncIterator[AsyncWebClient]:
    """A Bolt app on a socket that notes the messages it hears of."""
    web = slack.client(slack.bot_token)
    app = AsyncApp(client=web, name="desk", process_before_response=True)

    async def noted(event: Json) -> None:
        events.append(event)
        slack.changes.ring()

    async def ignored() -> None:
        pass

    app.event("message")(noted)
    for kind in ("reaction_added", "file_created", "file_shared", "member_joined_channel"):
        app.event(kind)(ignored)
    handler = AsyncSocketModeHandler(app, slack.app_token)
    await handler.connect_async()  # type: ignore[no-untyped-call]
    try:
        await slack.wait_for(lambda: slack.shim.sockets)
        yield web
        await slack.wait_for(lambda: len(slack.shim.acks) == len(slack.shim.envelopes))
    finally:
        await handler.close_async()  # type: ignore[no-untyped-call]


async def test_what_operators_do_arrives_and_what_the_bot_posts_is_there() -> None:
    events: list[Json] = []

    def heard(key: str, value: str) -> list[Json]:
        return [event for event in events if event.get(key) == value]

    async with EmulatedSlack() as slack, connected(slack, events) as web:
        mark = {"event_type": "hub_message", "event_payload": {"id": "7"}}
        root = await web.chat_postMessage(channel=slack.channel, text="A citizen asks", metadata=mark)
        where = {"channel": slack.channel, "ts": root["ts"]}
        reply = await slack.operator_says("anna", "Salve & benvenuta", thread_ts=root["ts"])
        (said,) = await slack.wait_for(lambda: heard("ts", reply))
        await slack.operator_edits("anna", reply, "Buongiorno")
        (edited,) = await slack.wait_for(lambda: heard("subtype", "message_changed"))
        await slack.operator_sends("marco", "modulo.txt", b"abc", thread_ts=root["ts"])
        (shared,) = await slack.wait_for(lambda: heard("subtype", "file_share"))
        url = shared["files"][0]["url_private_download"]
        bearer = {"Authorization": f"Bearer {slack.bot_token}"}
        async with aiohttp.ClientSession(headers=bearer) as session, session.get(url) as answer:
            downloaded = await answer.read()
        await slack.operator_deletes("anna", reply)
        (deleted,) = await slack.wait_for(lambda: heard("subtype", "message_deleted"))
        await web.chat_update(**where, text="A citizen asked")
        await web.reactions_add(channel=slack.channel, timestamp=root["ts"], name="eyes")
        thread = await slack.thread(root["ts"])
    assert (said["text"], said["thread_ts"]) == ("Salve &amp; benvenuta", root["ts"])
    assert edited["message"]["text"] == "Buongiorno"
    assert deleted["deleted_ts"] == reply
    assert downloaded == b"abc"
    assert thread[0]["text"] == "A citizen asked"
    assert reply not in [message["ts"] for message in thread]


def test_a_machine_without_npm_is_told_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(npm, "CACHE", tmp_path)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(ToolMissing, match="npm"):
        installed.install()
