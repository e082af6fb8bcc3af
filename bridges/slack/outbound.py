"""Journal entries to Slack: in which thread a post is shown, by which calls, and what is reported when."""

import logging
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bridges.slack import errors, reading
from bridges.slack.channels import Channels
from bridges.slack.events import Message
from bridges.slack.headings import Headings
from bridges.slack.ids import EVENT_TYPE, NAME, metadata
from bridges.slack.opening import Opening
from bridges.slack.render import FilePart, Part, TextPart, Words, parts
from bridges.slack.sender import NotTaken, Sender
from bridges.slack.shown import as_of, messages_of, sharing
from bridges.slack.withdraw import Withdrawing
from models.journal import Record
from models.tables import Kind, What
from routing.bridge import ConversationInfo, Place, Post, Progress
from routing.errors import DeliveryError, OutcomeUnknown, Refused, TryLater
from routing.glance import Glance, changes_heading
from routing.hub import Hub

log = logging.getLogger(__name__)

_FILE_TRIES = 3
"""Times a file may fail to be handed over before the line about it goes in its place."""
_REMEMBERED = 1_000


class Outbound:
    """Shows posts; every failure leaves it as one of ``routing.errors``.

    ``recovered`` is told of a thread that was found again after its first post's answer was lost.
    """

    def __init__(
        self,
        hub: Hub,
        client: AsyncWebClient,
        channels: Channels,
        opening: Opening,
        sender: Sender,
        headings: Headings,
        recovered: Callable[[str, str], None],
    ) -> None:
        self._hub = hub
        self._client = client
        self._channels = channels
        self._opening = opening
        self._headings = headings
        self._recovered = recovered
        self._sender = sender
        self._withdrawing = Withdrawing(hub, client, sender)
        self._found: OrderedDict[str, dict[int, str]] = OrderedDict()
        self._file_tries: OrderedDict[str, int] = OrderedDict()

    async def deliver(self, post: Post, progress: Progress) -> None:
        """Show ``post``; see ``routing.bridge.Bridge.deliver``."""
        if post.entry.kind == What.WITHDRAWN:
            await self._withdraw(post, progress)
            return
        chat = post.place.chat if post.place else post.chat
        opens = post.place is None and post.conversation.kind != Kind.OFFICE
        if opens:
            self._opening.began(chat, post.key)
        try:
            if post.entry.kind in (What.EDITED, What.DELETED):
                await self._change(post, chat, progress)
            else:
                await self._show(post, chat, progress)
        except OutcomeUnknown:
            raise
        except DeliveryError:
            self._opening.settled(post.key)
            raise
        except (SlackApiError, aiohttp.ClientError, TimeoutError, ValueError, KeyError) as error:
            verdict = errors.judge(error, chat)
            if verdict.problem:
                self._channels.cannot_send(verdict.about, verdict.problem)
            if not isinstance(verdict.error, OutcomeUnknown):
                self._opening.settled(post.key)
            raise verdict.error from error
        self._opening.settled(post.key)
        self._channels.sent(chat)

    async def _withdraw(self, post: Post, progress: Progress) -> None:
        chat = str(post.entry.data["chat"] or post.chat)
        try:
            await self._withdrawing.deliver(post, progress)
        except (SlackApiError, aiohttp.ClientError, TimeoutError, ValueError, KeyError) as error:
            verdict = errors.judge(error, chat)
            if verdict.problem and verdict.about == chat and not self._channels.is_ours(chat):
                raise Refused(verdict.problem) from error  # nobody will mend a channel of the past
            raise verdict.error from error

    async def _show(self, post: Post, chat: str, progress: Progress) -> None:
        found = self._found.pop(post.key, {})
        thread = post.place.thread if post.place and post.conversation.kind != Kind.OFFICE else None
        headed = await self._is_headed(post, chat, found)
        now = await self._hub.glance(post.conversation) if headed else None
        showing = self._parts(post, headed, now)
        for number, part in enumerate(showing[post.parts_done :], post.parts_done):
            ts = found.get(number)
            if ts is None:
                if number > post.parts_done:
                    self._use_budget(chat)
                progress.may_call()
                ts = await self._send(post, chat, thread, part, number)
            if thread is None and now is not None:
                thread = ts
                await progress.opened(Place(chat, thread), ts)
                self._headings.written(post.conversation, now)
            else:
                await progress.posted(chat, ts)
        if thread is not None and changes_heading(post.entry) and not headed:
            self._headings.changed(post.conversation.id)

    async def _send(self, post: Post, chat: str, thread: str | None, part: Part, number: int) -> str:
        if isinstance(part, FilePart):
            try:
                return await self._sender.upload(chat, thread, part)
            except NotTaken as refusal:
                log.warning("slack: a file was not taken (%s)", refusal)
            except TryLater:
                tries = self._file_tries.get(post.key, 0) + 1
                self._file_tries[post.key] = tries
                _forget_oldest(self._file_tries)
                if tries < _FILE_TRIES:
                    raise
                log.warning("slack: a file could not be handed over, %s times", tries)
            part = part.instead
        return await self._sender.post(chat, thread, part, metadata(post.key, number))

    def _parts(self, post: Post, headed: bool, now: Glance | None = None) -> list[Part]:
        return parts(
            post.conversation,
            post.entries,
            self._words(),
            headed=headed,
            maybe_repeated=post.maybe_repeated,
            now=now,
        )

    async def _is_headed(self, post: Post, chat: str, found: dict[int, str]) -> bool:
        """Whether the post is the one that opens its thread."""
        if post.conversation.kind == Kind.OFFICE:
            return False
        if post.place is None or post.place.thread in found.values():
            return True
        if not post.parts_done:
            return False
        done = await messages_of(self._hub, post.conversation.id, post.entry.seq, chat)
        return post.place.thread in done

    # What may be there already ------------------------------------------------------------------

    async def find(self, post: Post) -> str | None:
        """Look for what an unanswered try left; see ``routing.bridge.Bridge.find``.

        Where a post is of several messages, those found are remembered and only the others are sent.
        """
        if post.entry.kind == What.WITHDRAWN:
            return None  # what is gone already can be taken away once more
        chat = post.place.chat if post.place else post.chat
        try:
            found = {
                number: ts async for number, ts in self._left_by(post, chat) if number >= post.parts_done
            }
        except (SlackApiError, aiohttp.ClientError, TimeoutError, ValueError) as error:
            if errors.message_is_gone(error):
                return None  # the thread is gone: sending again will say so
            raise self._cannot_look(error, chat, post) from error
        remaining = self._parts(post, await self._is_headed(post, chat, found))[post.parts_done :]
        if post.place is None:
            if found:
                self._recovered(chat, found[min(found)])
            self._opening.settled(post.key)
        if len(remaining) == 1 and post.parts_done in found:
            return found[post.parts_done]
        if found:
            self._found[post.key] = found
            _forget_oldest(self._found)
        return None

    def _cannot_look(self, error: Exception, chat: str, post: Post) -> Exception:
        if errors.is_refusal(error) and not errors.is_about_channel(error):
            self._channels.details["reading back"] = f"not available ({errors.code(error)})"
            return LookupError(post.key)
        verdict = errors.judge(error, chat)
        if verdict.problem:
            self._channels.cannot_send(verdict.about, verdict.problem)
        if isinstance(verdict.error, TryLater):
            return verdict.error
        return TryLater(str(verdict.error))

    async def _left_by(self, post: Post, chat: str) -> AsyncIterator[tuple[int, str]]:
        """Number and ``ts`` of each message that an earlier try of ``post`` left."""
        # No dates are compared: Slack's clock and ours may differ.
        if post.place is None or post.conversation.kind == Kind.OFFICE:
            messages = reading.channel(self._client, chat)
        else:
            messages = reading.thread(self._client, chat, post.place.thread)
        async for message in messages:
            number = _part_of(message, post.key)
            if number is not None:
                yield number, message.ts
            elif await self._is_file_of(message, post, chat):
                first = 1 if post.entry.text or post.place is None else 0
                yield max(first, post.parts_done), message.ts

    async def _is_file_of(self, message: Message, post: Post, chat: str) -> bool:
        """Whether a message is the upload of the post's file; those carry no metadata."""
        data = post.entry.data
        if post.entry.kind != What.FILE or not message.files or message.bot_id is None:
            return False
        file = message.files[0]
        if data.get("name") not in (file.name, file.title) or data.get("size") != file.size:
            return False
        return await self._hub.message_at(NAME, chat, message.ts) is None

    # Changes ------------------------------------------------------------------------------------

    async def _change(self, post: Post, chat: str, progress: Progress) -> None:
        """Show an edit or a deletion where its target is shown; an edit of what is not there as news."""
        messages: tuple[str, ...] = ()
        if post.place is not None and post.target is not None:
            messages = await messages_of(self._hub, post.conversation.id, post.target.seq, chat)
        if not messages or post.place is None or post.target is None:
            if post.entry.kind == What.EDITED:
                await self._show(post, chat, progress)
            return
        group = await sharing(self._hub, post.target, chat, messages)
        group, deleted = await as_of(self._hub, group, self._words())
        headed = messages[0] == post.place.thread
        if len(deleted) == len(group) and not headed:
            done = await self._remove(chat, messages)
        else:
            done = await self._rewrite(post.conversation, chat, messages, group, headed=headed)
        if not done:
            await self._show(post, chat, progress)

    async def _rewrite(
        self,
        info: ConversationInfo,
        chat: str,
        messages: tuple[str, ...],
        group: list[Record],
        *,
        headed: bool,
    ) -> bool:
        """Make the messages that are there show ``group``; False where they cannot."""
        words = self._words()
        now = await self._hub.glance(info) if headed else None
        wanted = parts(info, tuple(group), words, headed=headed, now=now)
        if len(wanted) > len(messages):
            return False
        for ts, part in zip(messages, wanted, strict=False):
            if isinstance(part, TextPart) and not await self._sender.edit(chat, ts, part):
                return False
        return await self._remove(chat, messages[len(wanted) :])

    async def _remove(self, chat: str, messages: tuple[str, ...]) -> bool:
        """Take messages away; what cannot be, loses its words. False where neither can be done."""
        text = self._words().say("deleted_message")
        blank = TextPart((), text)
        done = [
            await self._sender.delete(chat, ts) or await self._sender.edit(chat, ts, blank) for ts in messages
        ]
        return all(done)

    def _use_budget(self, chat: str) -> None:
        """A post's further messages count too; the outbox waits for the first one only."""
        now = time.monotonic()
        for budget in self._channels.budgets(chat):
            budget.take(now)

    def _words(self) -> Words:
        return Words.of(self._hub.settings)


def _part_of(message: Message, key: str) -> int | None:
    """Which part of the delivery ``key`` a message is; None for one that is not of it."""
    if message.metadata is None or message.metadata.event_type != EVENT_TYPE:
        return None
    payload = message.metadata.event_payload
    if payload.get("id") != key:
        return None
    part = payload.get("part", 0)
    return part if isinstance(part, int) else 0


def _forget_oldest(memory: OrderedDict[str, Any]) -> None:
    while len(memory) > _REMEMBERED:
        memory.popitem(last=False)
