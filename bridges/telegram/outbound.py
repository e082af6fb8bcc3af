"""Journal entries to Telegram: in which thread a post is shown, by which calls, and what is reported when."""

import time

from telegram import Bot, InlineKeyboardMarkup
from telegram.error import ChatMigrated, TelegramError

from bridges.telegram import errors
from bridges.telegram.buttons import keyboard
from bridges.telegram.chats import Chats, follow
from bridges.telegram.headings import Headings
from bridges.telegram.ids import Chain, Topic, thread_of
from bridges.telegram.render import TextPart, Words, parts, topic_name
from bridges.telegram.sender import Sender
from bridges.telegram.shown import as_of, is_headed, messages_of, sharing
from bridges.telegram.withdraw import Withdrawing
from models.journal import Record
from models.tables import Kind, What
from routing.bridge import Place, Post, Progress
from routing.errors import OutcomeUnknown, Refused, ThreadGone, TryLater
from routing.glance import changes_heading, sign_of
from routing.hub import Hub


class Outbound:
    """Shows posts; every failure leaves it as one of ``routing.errors``."""

    def __init__(self, hub: Hub, bot: Bot, chats: Chats, sender: Sender, headings: Headings) -> None:
        self._hub = hub
        self._bot = bot
        self._chats = chats
        self._sender = sender
        self._headings = headings
        self._withdrawing = Withdrawing(hub, bot, sender)

    async def deliver(self, post: Post, progress: Progress) -> None:
        """Show ``post``; see ``routing.bridge.Bridge.deliver``."""
        if post.entry.kind == What.WITHDRAWN:
            await self._withdraw(post, progress)
            return
        chat = self._chats.present(post.place.chat if post.place else post.chat)
        if post.place is not None and chat != post.place.chat:
            raise ThreadGone("the chat has moved")
        try:
            if post.entry.kind in (What.EDITED, What.DELETED):
                await self._change(post, chat, progress)
            else:
                await self._show(post, chat, progress)
        except ChatMigrated as error:
            await follow(self._hub, self._chats, chat, str(error.new_chat_id))
            raise ThreadGone("the chat has moved") from error
        except TelegramError as error:
            verdict = errors.judge(error, chat)
            if verdict.problem:
                self._chats.cannot_send(chat, verdict.problem)
            if errors.says(error, ("topic_closed",)) and post.place is not None:
                await self._sender.set_topic(chat, thread_of(post.place.thread), is_open=True)
            raise verdict.error from error
        self._chats.sent(chat)

    async def _withdraw(self, post: Post, progress: Progress) -> None:
        chat = str(post.entry.data["chat"] or post.chat)
        if self._chats.present(chat) != chat:
            raise Refused("the group was given a new id since")  # and its messages other numbers
        try:
            await self._withdrawing.deliver(post, chat, progress)
        except ChatMigrated as error:
            await follow(self._hub, self._chats, chat, str(error.new_chat_id))
            raise Refused("the group was given a new id since") from error
        except TelegramError as error:
            verdict = errors.judge(error, chat)
            if verdict.problem and not self._chats.is_ours(chat):
                raise Refused(verdict.problem) from error  # nobody will mend a group of the past
            raise verdict.error from error

    async def _show(self, post: Post, chat: str, progress: Progress) -> None:
        thread, headed = await self._thread_for(post, chat, progress)
        now = await self._hub.glance(post.conversation) if headed else None
        showing = parts(
            post.conversation,
            post.entries,
            self._words(),
            headed=headed,
            maybe_repeated=post.maybe_repeated,
            now=now,
        )
        for number, part in enumerate(showing[post.parts_done :], post.parts_done):
            if number > post.parts_done:
                self._use_budget(chat)
            buttons = await self._buttons(post, headed=headed, number=number)
            progress.may_call()
            message = await self._sender.send(chat, thread, part, buttons)
            if thread is None and headed:
                thread = Chain(message)
                await progress.opened(Place(chat, str(thread)), str(message))
            else:
                await progress.posted(chat, str(message))
            if now is not None and number == 0:
                self._headings.written(post.conversation, now)
        if changes_heading(post.entry) and not headed:
            self._headings.changed(post.conversation.id)
        if thread is not None:
            self._chats.rooted(chat, str(thread))
        if post.entry.kind in (What.CLOSED, What.REOPENED):
            await self._sender.set_topic(chat, thread, is_open=post.entry.kind == What.REOPENED)

    async def _thread_for(
        self, post: Post, chat: str, progress: Progress
    ) -> tuple[Topic | Chain | None, bool]:
        """Where the post goes, opened if need be, and whether it begins with the heading."""
        if post.conversation.kind == Kind.OFFICE:
            return None, False
        if post.place is None:
            progress.may_call()
            topic = await self._open_topic(post, chat)
            if topic is not None:
                await progress.opened(Place(chat, str(topic)))
            return topic, True
        thread = thread_of(post.place.thread)
        if not post.parts_done and self._chats.is_rooted(chat, post.place.thread):
            return thread, False
        return thread, await is_headed(self._hub, post.conversation.id, post.entry.seq, chat, thread)

    async def _open_topic(self, post: Post, chat: str) -> Topic | None:
        """A new topic for the conversation; None where the chat has no topics."""
        if self._chats.has_topics(chat) is False:
            return None
        try:
            name = topic_name(post.conversation, self._words())
            topic = await self._sender.open_topic(chat, name, sign_of(post.conversation))
        except ChatMigrated:
            raise
        except TelegramError as error:
            if errors.no_forum(error):
                self._chats.learnt_topics(chat, has_them=False)
                return None
            verdict = errors.judge(error, chat).error
            if isinstance(verdict, Refused):
                return None  # whatever the reason, replies carry the conversation too
            if isinstance(verdict, OutcomeUnknown):
                # An empty topic may be left over; no message is in it, so nothing is shown twice.
                raise TryLater("no answer while a topic was opened") from error
            raise
        self._chats.learnt_topics(chat, has_them=True)
        return topic

    async def _change(self, post: Post, chat: str, progress: Progress) -> None:
        """Show an edit or a deletion where its target is shown; an edit of what is not there as news."""
        messages: tuple[int, ...] = ()
        if post.place is not None and post.target is not None:
            messages = await messages_of(self._hub, post.conversation.id, post.target.seq, chat)
        if not messages or post.place is None or post.target is None:
            if post.entry.kind == What.EDITED:
                await self._show(post, chat, progress)
            return
        thread = thread_of(post.place.thread)
        words = self._words()
        group = await sharing(self._hub, post.target, chat, messages)
        headed = await is_headed(self._hub, post.conversation.id, group[0].seq, chat, thread)
        group, deleted = await as_of(self._hub, group, post.entry.seq, words)
        if len(deleted) == len(group) and (not headed or post.target.kind == What.FILE):
            done = await self._remove(chat, messages[1:] if headed else messages, words)
        else:
            done = await self._rewrite(post, chat, messages, group, headed=headed)
        if not done:
            await self._say_so(post, chat, thread, progress)

    async def _rewrite(
        self, post: Post, chat: str, messages: tuple[int, ...], group: list[Record], *, headed: bool
    ) -> bool:
        """Make the messages that are there show ``group``; False where they cannot be changed any more."""
        words = self._words()
        now = await self._hub.glance(post.conversation) if headed else None
        wanted = parts(post.conversation, tuple(group), words, headed=headed, now=now)
        if len(wanted) > len(messages):
            return False
        for number, (message, part) in enumerate(zip(messages, wanted, strict=False)):
            buttons = await self._buttons(post, headed=headed, number=number)
            if not await self._sender.edit(chat, message, part, buttons):
                return False
        return await self._remove(chat, messages[len(wanted) :], words)

    async def _remove(self, chat: str, messages: tuple[int, ...], words: Words) -> bool:
        """Take messages away; what is too old for that loses its words. False where neither can be done."""
        blank = TextPart(words.deleted())
        done = [
            await self._sender.delete(chat, message) or await self._sender.edit(chat, message, blank)
            for message in messages
        ]
        return all(done)

    async def _say_so(self, post: Post, chat: str, thread: Topic | Chain | None, progress: Progress) -> None:
        """A line about a change that Telegram does not let us make."""
        for part in parts(post.conversation, (post.entry,), self._words(), headed=False):
            message = await self._sender.send(chat, thread, part)
            await progress.posted(chat, str(message))

    async def _buttons(self, post: Post, *, headed: bool, number: int) -> InlineKeyboardMarkup | None:
        is_callback = post.entry.kind == What.CALLBACK or post.conversation.kind == Kind.CALLBACK
        if number != 0 or not (headed or post.entry.kind == What.CALLBACK):
            return None
        question = await self._hub.question_of(post.conversation.id)
        blocked = self._hub.is_blocked(post.conversation)
        return keyboard(
            post.conversation, self._words(), is_callback=is_callback, blocked=blocked, question=question
        )

    def _use_budget(self, chat: str) -> None:
        """A post's further messages count too; the outbox waits for the first one only."""
        now = time.monotonic()
        for budget in self._chats.budgets(chat):
            budget.take(now)

    def _words(self) -> Words:
        return Words.of(self._hub.settings)
