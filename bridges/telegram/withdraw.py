"""Taking an erased conversation away from Telegram: its topic, or else the bot's own posts."""

from telegram import Bot
from telegram.error import TelegramError

from bridges.telegram import errors
from bridges.telegram.format import Styled
from bridges.telegram.ids import NAME, Topic, thread_of
from bridges.telegram.render import TextPart
from bridges.telegram.sender import Sender
from routing.bridge import Post, Progress
from routing.hub import Hub
from routing.texts import say
from routing.withdrawing import Leftover, Unhurried


class Withdrawing:
    """Takes posts away; raises as the library does, and ``TryLater`` where there is more than fits one go."""

    def __init__(self, hub: Hub, bot: Bot, sender: Sender) -> None:
        self._hub = hub
        self._bot = bot
        self._sender = sender
        self._unhurried = Unhurried()

    async def deliver(self, post: Post, chat: str, progress: Progress) -> None:
        """Take away what ``post`` names, and say in its thread what is left of it, and why."""
        leftover = Leftover.of(post.entry, NAME)
        deadline = self._unhurried.deadline()
        thread = thread_of(leftover.thread) if leftover.thread else None
        if isinstance(thread, Topic) and await self._delete_topic(chat, thread):
            return
        rows = await self._hub.store.messages_on(post.conversation.id, NAME, chat)
        done = {row.message for row in rows}
        first, *rest = [int(message) for message in leftover.messages if message not in done] or [0]
        stuck = 0
        for message in rest:
            await self._unhurried.turn(deadline)
            if await self._remove(chat, message):
                await progress.posted(chat, str(message))
            else:
                stuck += 1
        keep = isinstance(thread, Topic) or leftover.theirs > 0 or stuck > 0
        if first:
            await self._unhurried.turn(deadline)
            stuck += not await self._end(chat, first, keep=keep)
        if isinstance(thread, Topic):
            await self._sender.rename_topic(chat, thread, self._say("withdrawn_topic"))
            await self._sender.set_topic(chat, thread, is_open=False)
        if stuck:
            await self._hub.announce_stuck(NAME, post, stuck)

    async def _delete_topic(self, chat: str, topic: Topic) -> bool:
        """Delete a topic with all that anybody wrote in it; False where the bot may not."""
        await self._unhurried.turn(self._unhurried.deadline())
        try:
            await self._bot.delete_forum_topic(int(chat), topic.id)
        except TelegramError as error:
            if errors.thread_gone(error):
                return True
            if errors.no_forum(error) or errors.lacks_rights(error) or not errors.waits_or_moves(error, chat):
                return False
            raise
        return True

    async def _remove(self, chat: str, message: int) -> bool:
        """Take a message away; one that is too old for that loses its words. Whether nothing of it is left."""
        blank = TextPart(Styled(self._say("deleted_message")))
        return await self._sender.delete(chat, message) or await self._sender.edit(chat, message, blank)

    async def _end(self, chat: str, first: int, *, keep: bool) -> bool:
        """Take the thread's first message away too; where something is left below it, it says so instead."""
        if not keep:
            return await self._remove(chat, first)
        return await self._sender.edit(chat, first, TextPart(Styled(self._say("withdrawn"))))

    def _say(self, key: str) -> str:
        return say(self._hub.operators_language, key)
