"""Threads whose conversation was erased: that it reaches nobody is said there once, with a sign on each message."""

import time
from collections import OrderedDict

from slack_sdk.web.async_client import AsyncWebClient

from bridges.slack import reading
from bridges.slack.channels import Channels
from bridges.slack.events import Message
from bridges.slack.format import escape
from bridges.slack.ids import EVENT_TYPE, NAME, conversation_of, metadata, reference
from bridges.slack.render import TextPart, Words
from bridges.slack.sender import Sender
from routing.hub import Hub

_REMEMBERED = 5_000
_KEY = "gone"
"""What the line's metadata carries, so that a thread that was told is known after a restart, too."""


class Gone:
    """Nothing is on record of an erased conversation: what its thread itself says is asked."""

    def __init__(self, hub: Hub, client: AsyncWebClient, channels: Channels, sender: Sender) -> None:
        self._hub = hub
        self._client = client
        self._channels = channels
        self._sender = sender
        self._known: OrderedDict[tuple[str, str], bool] = OrderedDict()
        """Threads that were looked at, and whether their conversation is erased."""

    async def wrote(self, channel: str, thread: str, ts: str) -> None:
        """Somebody wrote in a thread of ours that no conversation is known for."""
        if await self.say(channel, thread):
            self._hub.signs.unread(NAME, channel, reference(ts))

    async def say(self, channel: str, thread: str) -> bool:
        """Say it in the thread unless it says so already; whether it is so."""
        which = (channel, thread)
        if which not in self._known:
            self._known[which] = False  # another message need not wait for the first one's answer
            try:
                self._known[which] = await self._look(channel, thread)
            except BaseException:
                del self._known[which]
                raise
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return self._known[which]

    async def _look(self, channel: str, thread: str) -> bool:
        told = False
        async for message in reading.thread(self._client, channel, thread):
            key = _key_of(message)
            if message.ts == thread:
                conversation_id = conversation_of(key)
                if conversation_id is None or await self._hub.conversation(conversation_id) is not None:
                    return False  # not ours; or the hub is just about to learn of this thread
            told |= key == _KEY
        if not told:
            text = Words.of(self._hub.settings).say("erased")
            for budget in self._channels.budgets(channel):
                budget.take(time.monotonic())
            await self._sender.post(channel, thread, TextPart((), escape(text)), metadata(_KEY, 0))
        return True


def _key_of(message: Message) -> str:
    """The delivery that a message of ours shows; empty for any other."""
    if message.metadata is None or message.metadata.event_type != EVENT_TYPE:
        return ""
    return str(message.metadata.event_payload.get("id", ""))
