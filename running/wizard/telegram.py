"""Joining Telegram: the bot, its group, and its rights there, each checked by asking Telegram."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from telegram import Bot, Chat, ChatFullInfo, ChatMember, Update, User
from telegram.error import BadRequest, ChatMigrated, Conflict, Forbidden, InvalidToken, TelegramError

from bridges.telegram.client import Client
from running.wizard.dialogue import Dialogue
from running.wizard.tokens import Tokens
from settings import TelegramSettings

T = TypeVar("T")

_TOKEN = re.compile(r"[0-9]{5,}:[A-Za-z0-9_-]{20,}")
_NUMBER = re.compile(r"-[0-9]{5,17}")
_LOOKS = 3
"""Looks for a message in a group, after each of which those who wait hear that nothing came."""
_LOOK = 10
"""Seconds of one look."""
_INSIDE = (ChatMember.MEMBER, ChatMember.RESTRICTED, ChatMember.ADMINISTRATOR, ChatMember.OWNER)


class TelegramSteps:
    """What is asked and checked, in this order."""

    def __init__(self, talk: Dialogue, api_url: str | None) -> None:
        self._talk = talk
        # The chat is not known yet, and nothing here asks the settings for it.
        where = {} if api_url is None else {"api_url": api_url}
        self._settings = TelegramSettings(chat=-1, **where)
        self._me: User | None = None

    @property
    def _bot(self) -> str:
        assert self._me is not None
        return self._me.username or self._me.first_name

    def tokens(self, tokens: Tokens) -> None:
        """Get the token, one that Telegram has just accepted."""
        known = tokens.offered("TELEGRAM_BOT_TOKEN")
        if not known:
            self._talk.say("telegram_make")
        tokens.take("TELEGRAM_BOT_TOKEN", known, "telegram_ask_token", "telegram_again", self._try_token)

    def _try_token(self, token: str) -> bool:
        if not _TOKEN.fullmatch(token):
            self._talk.say("telegram_shape")
            return False
        try:
            self._me = self._call(token, lambda bot: bot.get_me())
        except (InvalidToken, Forbidden):
            self._talk.say("telegram_refused")
            return False
        except TelegramError as error:
            self._talk.say("telegram_unreachable", why=_words(error, token))
            return False
        self._talk.say("telegram_is", bot=self._bot)
        return True

    def place(self, token: str, known: int | None) -> int:
        """The group's number; the bot has its rights there, and a test message stands in it."""
        self._talk.say("telegram_group", bot=self._bot)
        while True:
            try:
                chat = self._number(token, known)
                found = self._look_at(token, chat) if chat else None
                if found and self._post(token, found):
                    return found.id
            except TelegramError as error:
                self._talk.say("telegram_unreachable", why=_words(error, token))

    # The group

    def _number(self, token: str, known: int | None) -> int | None:
        question = "telegram_offer_group" if known else "telegram_ask_group"
        answer = self._talk.ask(question, known=known, bot=self._bot)
        if known and not answer:
            return known
        if answer.casefold() in ("", "new"):
            return self._heard(token)
        if not _NUMBER.fullmatch(answer):
            self._talk.say("telegram_number")
            return None
        return int(answer)

    def _heard(self, token: str) -> int | None:
        """Wait for a message in a group; nothing is confirmed, so that a hub that starts later hears it all."""
        if not self._may_listen(token):
            return None
        self._talk.say("telegram_waiting")
        try:
            groups = self._call(token, _groups)
        except Conflict:
            self._talk.say("telegram_busy")
            return None
        if not groups:
            self._talk.say("telegram_nothing", bot=self._bot)
            return None
        return next(iter(groups)) if len(groups) == 1 else self._chosen(groups)

    def _may_listen(self, token: str) -> bool:
        """Whether updates come here: an address that another program has given takes them all."""
        hook = self._call(token, lambda bot: bot.get_webhook_info())
        if not hook.url:
            return True
        answer = self._talk.ask("telegram_webhook", url=hook.url)
        if answer.casefold() not in ("y", "yes", "s", "si", "sì"):
            return False
        return self._call(token, lambda bot: bot.delete_webhook())

    def _chosen(self, groups: dict[int, str]) -> int | None:
        numbers = list(groups)
        listed = "\n".join(f"  {place}. {groups[number]}" for place, number in enumerate(numbers, 1))
        answer = self._talk.ask("telegram_which", list=listed)
        if answer.isdecimal() and 1 <= int(answer) <= len(numbers):
            return numbers[int(answer) - 1]
        return None

    # The bot's rights

    def _look_at(self, token: str, chat: int) -> ChatFullInfo | None:
        """The group, once everything about it is as it has to be; None where another one must be given."""
        told = False
        settled: set[str] = set()
        while True:
            found = self._found(token, chat)
            if found is None:
                return None
            chat = found.id
            if not told:
                self._talk.say("telegram_found", title=found.title)
                told = True
            member = self._call(token, lambda bot, chat=chat: bot.get_chat_member(chat, bot_id(bot)))  # type: ignore[misc]
            wanting = [key for key in self._wanting(found, member) if key not in settled]
            if not wanting:
                self._talk.say("telegram_rights")
                return found
            answer = self._talk.ask(wanting[0], title=found.title, bot=self._bot)
            if wanting[0] in _OPTIONAL and answer.casefold() in ("n", "no"):
                settled.add(wanting[0])

    def _found(self, token: str, chat: int) -> ChatFullInfo | None:
        try:
            found = self._call(token, lambda bot: bot.get_chat(chat))
        except ChatMigrated as error:
            new = error.new_chat_id
            self._talk.say("telegram_moved", chat=new)
            return self._call(token, lambda bot: bot.get_chat(new))
        except (BadRequest, Forbidden):
            self._talk.say("telegram_no_chat", chat=chat, bot=self._bot)
            return None
        if found.type not in (Chat.GROUP, Chat.SUPERGROUP):
            self._talk.say("telegram_no_group", chat=chat)
            return None
        return found

    def _wanting(self, chat: ChatFullInfo, member: ChatMember) -> list[str]:
        """What is not as it should be, what matters most first."""
        assert self._me is not None
        owner = member.status == ChatMember.OWNER
        admin = owner or member.status == ChatMember.ADMINISTRATOR
        faults = []
        if not admin and not self._me.can_read_all_group_messages:
            faults.append("telegram_no_admin")
        if not chat.is_forum:
            faults.append("telegram_no_topics")
        elif not owner and not getattr(member, "can_manage_topics", False):
            faults.append("telegram_no_rights")
        if admin and not owner and not getattr(member, "can_delete_messages", False):
            faults.append("telegram_no_delete")
        return faults

    def _post(self, token: str, chat: ChatFullInfo) -> bool:
        text = self._talk.text("test_message")
        while True:
            try:
                self._call(token, lambda bot: bot.send_message(chat.id, text))
            except (BadRequest, Forbidden) as error:
                self._talk.ask("telegram_no_post", title=chat.title, why=_words(error, token))
                continue
            self._talk.say("test_sent", where=chat.title)
            return True

    def _call(self, token: str, call: Callable[[Bot], Awaitable[T]]) -> T:
        """What Telegram answers to one call, or to a few."""

        async def made() -> T:
            client = Client(self._settings, token)
            try:
                return await call(client.bot)
            finally:
                await client.close()

        return asyncio.run(made())


_OPTIONAL = ("telegram_no_topics", "telegram_no_delete")
"""What one may do without."""


def bot_id(bot: Bot) -> int:
    """The bot's own number: it is the first half of its token."""
    return int(bot.token.partition(":")[0])


async def _groups(bot: Bot) -> dict[int, str]:
    """The groups that the waiting updates speak of, with their names; waits half a minute for one."""
    for _ in range(_LOOKS):
        found = _in_groups(await bot.get_updates(timeout=_LOOK))
        if found:
            return found
        await asyncio.sleep(
            1
        )  # what waits for a hub is given out at once, however long one would wait for more
    return {}


def _in_groups(updates: tuple[Update, ...]) -> dict[int, str]:
    found: dict[int, str] = {}
    moved: set[int] = set()
    for update in updates:
        chat: Any = update.effective_chat
        if chat is None or chat.type not in (Chat.GROUP, Chat.SUPERGROUP):
            continue
        message = update.effective_message
        if message is not None and message.migrate_to_chat_id:
            moved.add(chat.id)
        member = update.my_chat_member
        if member is not None and member.new_chat_member.status not in _INSIDE:
            moved.add(chat.id)
            continue
        if member is not None:
            moved.discard(chat.id)
        found[chat.id] = chat.title or str(chat.id)
    return {number: title for number, title in found.items() if number not in moved}


def _words(error: TelegramError, token: str) -> str:
    return error.message.replace(token, "…")[:200]
