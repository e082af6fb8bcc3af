"""The icon of a topic, which says in the list of topics what its name's sign says."""

import asyncio
import logging

from telegram import Bot
from telegram.error import TelegramError

log = logging.getLogger(__name__)

_ICONS = {"🟡": "❗❓", "🟢": "💬🗣", "🟠": "🔥‼", "✅": "✅🏁", "➡️": "✈🏁"}
"""What to show for each sign, the best first: bots may use what Telegram offers for topics, which has no circles."""
_VARIATION = "\ufe0f"
"""Says that the character before it is to be shown as a picture; Telegram writes it with some emoji only."""


class Icons:
    """Knows the icons that Telegram offers; where it offers none, topics have their name alone."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._offered: dict[str, str] | None = None
        self._asking = asyncio.Lock()

    async def of(self, sign: str) -> str | None:
        """The icon for a sign, as ``icon_custom_emoji_id``; None where there is none to be had."""
        async with self._asking:
            if self._offered is None:
                self._offered = await self._ask()
        wanted = _ICONS.get(sign, "")
        return next((self._offered[emoji] for emoji in wanted if emoji in self._offered), None)

    async def _ask(self) -> dict[str, str]:
        try:
            stickers = await self._bot.get_forum_topic_icon_stickers()
        except TelegramError as error:
            log.info("telegram: topics have no icons (%s)", type(error).__name__)
            return {}
        return {
            one.emoji.replace(_VARIATION, ""): one.custom_emoji_id
            for one in stickers
            if one.emoji and one.custom_emoji_id
        }

    def refused(self) -> None:
        """Telegram does not take them after all: no more of them until it is connected anew."""
        self._offered = {}

    def reconnected(self) -> None:
        """What was not to be had may be now."""
        if not self._offered:
            self._offered = None
