"""Reading Slack back: the messages of a thread, or of a channel, page by page."""

from collections.abc import AsyncIterator
from typing import Any

from pydantic import ValidationError
from slack_sdk.web.async_client import AsyncWebClient

from bridges.slack.client import data_of
from bridges.slack.events import Message

_PAGE = 200
"""Messages asked for at once; Slack may give fewer (15 to apps that are sold)."""
_PAGES_OF_THREAD = 25
"""A thread longer than that is not a conversation."""
_PAGES_OF_CHANNEL = 3
"""What is looked for in a channel is among its newest messages."""


async def thread(
    client: AsyncWebClient, channel: str, ts: str, oldest: str | None = None
) -> AsyncIterator[Message]:
    """The root of a thread and its replies since ``oldest`` (a ``ts``), oldest first.

    Raises
    ------
    SlackApiError, aiohttp.ClientError, TimeoutError, ValueError
        As the library does.
    """
    cursor = ""
    for _ in range(_PAGES_OF_THREAD):
        data = await data_of(
            client.conversations_replies(
                channel=channel,
                ts=ts,
                oldest=oldest,
                limit=_PAGE,
                cursor=cursor or None,
                include_all_metadata=True,
            )
        )
        for message in _messages(data):
            yield message
        cursor = _next_cursor(data)
        if not cursor:
            break


async def channel(client: AsyncWebClient, channel: str) -> AsyncIterator[Message]:
    """The newest messages of the channel itself, newest first; raises like ``thread``."""
    cursor = ""
    for _ in range(_PAGES_OF_CHANNEL):
        data = await data_of(
            client.conversations_history(
                channel=channel, limit=_PAGE, cursor=cursor or None, include_all_metadata=True
            )
        )
        for message in _messages(data):
            yield message
        cursor = _next_cursor(data)
        if not cursor:
            break


def _messages(data: dict[str, Any]) -> list[Message]:
    found = []
    for raw in data.get("messages") or []:
        try:
            found.append(Message.model_validate(raw))
        except ValidationError:
            continue  # a kind of message that we do not know is none of ours
    return found


def _next_cursor(data: dict[str, Any]) -> str:
    following = data.get("response_metadata")
    cursor = following.get("next_cursor") if isinstance(following, dict) else None
    return str(cursor or "")
