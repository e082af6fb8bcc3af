"""The bot's reactions: signs on operators' own messages, and colleagues' reactions. Nothing depends on them."""

import logging
import time

from telegram import Bot
from telegram.error import BadRequest, RetryAfter, TelegramError

from bridges.telegram import errors
from bridges.telegram.chats import Chats
from routing.budget import Budget

log = logging.getLogger(__name__)

_NOT_THERE = ("message to react not found", "message not found", "message_id_invalid")


class Signs:
    """Signs where there is room, in each chat until Telegram says that the bot may not."""

    def __init__(self, bot: Bot, chats: Chats, details: dict[str, str]) -> None:
        self._bot = bot
        self._chats = chats
        self._details = details
        self._budgets: dict[str, Budget] = {}

    def reconnected(self) -> None:
        """The bot may have been given what it lacked."""
        for detail in [detail for detail in self._details if detail.startswith(_detail(""))]:
            del self._details[detail]

    async def put(self, chat: str, message: str, sign: str) -> float:
        """See ``routing.bridge.Bridge.sign``; a bot's new reaction takes the place of its old one."""
        if chat != self._chats.present(chat) or _detail(chat) in self._details:
            return 0.0
        now = time.monotonic()
        budget = self._budgets.setdefault(chat, Budget(20, 60, 5))
        pause = max(one.delay(now) for one in (*self._chats.budgets(chat), budget))
        if pause > 0:
            return pause
        budget.take(now)
        try:
            await self._bot.set_message_reaction(int(chat), int(message), sign or None)
        except RetryAfter as error:
            budget.hold(time.monotonic(), errors.seconds(error))
            return errors.seconds(error)
        except TelegramError as error:
            self._failed(error, chat)
        return 0.0

    def _failed(self, error: TelegramError, chat: str) -> None:
        is_refusal = isinstance(error, BadRequest) or errors.unknown_method(error)
        if is_refusal and not errors.says(error, _NOT_THERE):
            self._details[_detail(chat)] = f"off ({error.message[:80]})"
            log.warning("telegram: no signs on operators' messages in chat %s: it does not take them", chat)
        else:
            log.info("telegram: a sign could not be put on a message (%s)", type(error).__name__)


def _detail(chat: str) -> str:
    return f"signs {chat}"
