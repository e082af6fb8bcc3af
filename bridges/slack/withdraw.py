"""Taking an erased conversation away from Slack: the app's posts and uploads; what people wrote is theirs."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bridges.slack import errors, reading
from bridges.slack.ids import NAME
from bridges.slack.render import TextPart
from bridges.slack.sender import Sender
from routing.bridge import Post, Progress
from routing.hub import Hub
from routing.texts import say
from routing.withdrawing import Leftover, Unhurried


@dataclass(slots=True)
class _There:
    """What stands in a chat: the app's messages, oldest first, their files, and whether others wrote there."""

    ours: list[str]
    files: dict[str, list[str]] = field(default_factory=dict)
    others: bool = False


class Withdrawing:
    """Takes posts away; raises as slack_sdk does, and ``TryLater`` where there is more than fits one go."""

    def __init__(self, hub: Hub, client: AsyncWebClient, sender: Sender) -> None:
        self._hub = hub
        self._client = client
        self._sender = sender
        self._unhurried = Unhurried()

    async def deliver(self, post: Post, progress: Progress) -> None:
        """Take away what ``post`` names, and say in its thread what is left of it, and why."""
        leftover = await self._found(Leftover.of(post.entry, NAME), post.chat)
        chat, deadline = leftover.chat, self._unhurried.deadline()
        done = {row.message for row in await self._hub.store.messages_on(post.conversation.id, NAME, chat)}
        there = await self._look(leftover)
        first, *rest = [ts for ts in there.ours if ts not in done] or [""]
        stuck = 0
        for ts in rest:
            await self._unhurried.turn(deadline)
            if await self._remove(chat, ts, there.files.get(ts, ())):
                await progress.posted(chat, ts)
            else:
                stuck += 1
        if first:
            await self._unhurried.turn(deadline)
            stuck += not await self._end(chat, first, there, keep=there.others or stuck > 0)
        if stuck:
            await self._hub.announce_stuck(NAME, post, stuck)

    async def _found(self, leftover: Leftover, chat: str) -> Leftover:
        """With the thread that a post opened whose answer was lost, where there is one."""
        if not leftover.unsure:
            return leftover
        try:
            async for message in reading.channel(self._client, chat):
                if message.metadata and message.metadata.event_payload.get("id") in leftover.unsure:
                    return Leftover(NAME, chat, message.ts, (message.ts,))
        except SlackApiError as error:
            if not errors.is_refusal(error) or errors.is_about_channel(error):
                raise
        return Leftover(NAME, chat, None, ())

    async def _look(self, leftover: Leftover) -> _There:
        """What is there; where Slack does not let us look, what the hub knows of."""
        found = _There(list(leftover.messages), others=leftover.theirs > 0)
        root = leftover.thread or next(iter(leftover.messages), None)
        if root is None:
            return found
        known = set(leftover.messages)
        try:
            async for message in reading.thread(self._client, leftover.chat, root):
                if message.ts in known or (leftover.thread is not None and message.bot_id is not None):
                    if message.subtype != "tombstone" and message.ts not in known:
                        found.ours.append(message.ts)  # its answer was lost
                    found.files[message.ts] = [file.id for file in message.files]
                elif leftover.thread is not None:
                    found.others |= message.subtype != "tombstone"
        except SlackApiError as error:
            if errors.message_is_gone(error):
                return found
            if not errors.is_refusal(error) or errors.is_about_channel(error):
                raise
        found.ours.sort()
        return found

    async def _remove(self, chat: str, ts: str, files: Sequence[str]) -> bool:
        """Take a message away with its files; what cannot be, loses its words. Whether nothing of it is left."""
        if _is_file(ts):
            return await self._sender.delete_file(ts)
        gone = [await self._sender.delete_file(file) for file in files]
        blank = TextPart((), say(self._hub.operators_language, "deleted_message"))
        done = await self._sender.delete(chat, ts) or await self._sender.edit(chat, ts, blank)
        return done and all(gone)

    async def _end(self, chat: str, first: str, there: _There, *, keep: bool) -> bool:
        """Take the thread's first message away too; where something is left below it, it says so instead."""
        if not keep or _is_file(first):
            return await self._remove(chat, first, there.files.get(first, ()))
        return await self._sender.edit(
            chat, first, TextPart((), say(self._hub.operators_language, "withdrawn"))
        )


def _is_file(reference: str) -> bool:
    """Whether Slack never told us the message of a file, so that the file's own id stands for it."""
    return "." not in reference
