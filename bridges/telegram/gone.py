"""Threads whose conversation was erased: that it reaches nobody is said there once, with a sign on each message."""

import time
from collections import OrderedDict

from telegram import Bot, Message, ReplyParameters

from bridges.telegram.chats import Chats
from bridges.telegram.ids import NAME, Chain, Topic
from bridges.telegram.render import Words
from bridges.telegram.sender import Sender
from routing.hub import Hub

_REMEMBERED = 5_000


class Gone:
    """Telegram does not let a bot look what a topic says: which were told is known until the program ends."""

    def __init__(self, hub: Hub, bot: Bot, chats: Chats, sender: Sender) -> None:
        self._hub = hub
        self._bot = bot
        self._chats = chats
        self._sender = sender
        self._told: OrderedDict[tuple[str, str], None] = OrderedDict()

    async def wrote(self, message: Message) -> None:
        """Somebody wrote where no conversation is (any more)."""
        chat = str(message.chat.id)
        if self._is_news(chat, _thread_of(message)):
            await self._answer(message, "went_nowhere")
        self._hub.signs.unread(NAME, chat, str(message.message_id))

    async def pressed(self, message: Message) -> None:
        """Somebody pressed a button of a conversation that is no more."""
        if self._is_news(str(message.chat.id), _thread_of(message)):
            await self._answer(message, "erased")

    def _is_news(self, chat: str, thread: Topic | Chain) -> bool:
        which = (chat, str(thread))
        if which in self._told:
            return False
        self._told[which] = None
        while len(self._told) > _REMEMBERED:
            self._told.popitem(last=False)
        return True

    async def _answer(self, message: Message, key: str) -> None:
        self._use_budget(str(message.chat.id))
        await self._bot.send_message(
            message.chat.id,
            self._say(key),
            message_thread_id=message.message_thread_id if message.is_topic_message else None,
            reply_parameters=ReplyParameters(message.message_id),
        )

    def _use_budget(self, chat: str) -> None:
        for budget in self._chats.budgets(chat):
            budget.take(time.monotonic())

    def _say(self, key: str) -> str:
        return Words.of(self._hub.settings).say(key)


def _thread_of(message: Message) -> Topic | Chain:
    """The topic that a message is in, else the message of ours that it answers or is."""
    if message.is_topic_message and message.message_thread_id is not None:
        return Topic(message.message_thread_id)
    answered = message.reply_to_message
    return Chain(answered.message_id if answered is not None else message.message_id)
