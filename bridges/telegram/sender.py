"""The calls that put a message on Telegram, change it and take it away; they know no conversations."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from telegram import Bot, InlineKeyboardMarkup, LinkPreviewOptions, ReplyParameters
from telegram.error import BadRequest, TelegramError

from bridges.telegram import errors
from bridges.telegram.format import Styled
from bridges.telegram.icons import Icons
from bridges.telegram.ids import Chain, Topic
from bridges.telegram.render import FilePart, Part

log = logging.getLogger(__name__)

_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


class Sender:
    """Sends through ``bot``; ``read_file`` gives a file's bytes or raises ``FileNotFoundError``.

    Methods raise ``telegram.error.TelegramError`` as the library does, unless they say otherwise.
    """

    def __init__(self, bot: Bot, read_file: Callable[[str], Awaitable[bytes]], icons: Icons) -> None:
        self._bot = bot
        self._icons = icons
        self._read_file = read_file

    async def send(
        self,
        chat: str,
        thread: Topic | Chain | None,
        part: Part,
        keyboard: InlineKeyboardMarkup | None = None,
    ) -> int:
        """Send one message into a thread, or into the chat itself; its number."""
        where = _where(chat, thread)
        if isinstance(part, FilePart):
            return await self._send_file(where, part)
        return await self._send_text(where, part.text, keyboard)

    async def edit(
        self, chat: str, message: int, part: Part, keyboard: InlineKeyboardMarkup | None = None
    ) -> bool:
        """Make a message say something else; False where it can be changed no more."""
        which: dict[str, Any] = {"chat_id": int(chat), "message_id": message, "reply_markup": keyboard}
        try:
            if isinstance(part, FilePart):
                await self._bot.edit_message_caption(
                    caption=part.caption.text, caption_entities=part.caption.entities(), **which
                )
            else:
                await self._bot.edit_message_text(
                    part.text.text,
                    entities=part.text.entities(),
                    link_preview_options=_NO_PREVIEW,
                    **which,
                )
        except TelegramError as error:
            if errors.says(error, ("message is not modified",)):
                return True
            if errors.waits_or_moves(error, chat):
                raise
            return False
        return True

    async def delete(self, chat: str, message: int) -> bool:
        """Take a message away; True also when it is gone already, False where Telegram does not allow it."""
        try:
            await self._bot.delete_message(int(chat), message)
        except TelegramError as error:
            if errors.gone_message(error):
                return True
            if errors.waits_or_moves(error, chat):
                raise
            return False
        return True

    async def set_topic(self, chat: str, thread: Topic | Chain | None, *, is_open: bool) -> None:
        """Close a topic or open it again, as far as Telegram lets us; never raises for its refusal."""
        if not isinstance(thread, Topic):
            return
        act = self._bot.reopen_forum_topic if is_open else self._bot.close_forum_topic
        try:
            await act(int(chat), thread.id)
        except TelegramError as error:
            if not errors.says(error, ("not_modified", "not modified")):
                log.info("telegram: a topic stays %s (%s)", "closed" if is_open else "open", error.message)

    async def open_topic(self, chat: str, name: str, sign: str) -> Topic:
        """A new topic with the icon for ``sign``, or without where Telegram does not take it."""
        icon = await self._icons.of(sign)
        try:
            made = await self._bot.create_forum_topic(int(chat), name, icon_custom_emoji_id=icon)
        except BadRequest:
            if icon is None:
                raise
            made = await self._bot.create_forum_topic(int(chat), name)
            self._icons.refused()
        return Topic(made.message_thread_id)

    async def rename_topic(self, chat: str, topic: Topic, name: str, sign: str | None = None) -> None:
        """Give a topic another name, and the icon for ``sign``, as far as Telegram lets us; never raises for it."""
        icon = await self._icons.of(sign) if sign else None
        try:
            await self._bot.edit_forum_topic(int(chat), topic.id, name=name, icon_custom_emoji_id=icon)
        except TelegramError as error:
            if errors.says(error, ("not_modified", "not modified")):
                return
            if icon is not None and errors.says(error, ("document_invalid", "emoji")):
                self._icons.refused()
                await self.rename_topic(chat, topic, name)
                return
            log.info("telegram: a topic keeps its name (%s)", error.message)

    async def _send_text(
        self, where: dict[str, Any], text: Styled, keyboard: InlineKeyboardMarkup | None = None
    ) -> int:
        rest: dict[str, Any] = {**where, "link_preview_options": _NO_PREVIEW, "reply_markup": keyboard}
        try:
            message = await self._bot.send_message(text=text.text, entities=text.entities(), **rest)
        except BadRequest as error:
            if not errors.unreadable_entities(error):
                raise
            message = await self._bot.send_message(text=text.text, **rest)
        return message.message_id

    async def _send_file(self, where: dict[str, Any], part: FilePart) -> int:
        """Send a file; as a document where it is refused as a photo, as a line where it is refused at all."""
        try:
            content = await self._read_file(part.key)
        except FileNotFoundError:
            return await self._send_text(where, part.instead)
        rest: dict[str, Any] = {
            **where,
            "caption": part.caption.text,
            "caption_entities": part.caption.entities(),
            "filename": part.name,
        }
        for as_photo in (True, False) if part.is_photo else (False,):
            try:
                if as_photo:
                    message = await self._bot.send_photo(photo=content, **rest)
                else:
                    message = await self._bot.send_document(document=content, **rest)
            except TelegramError as error:
                if not errors.refuses_file(error):
                    raise
            else:
                return message.message_id
        return await self._send_text(where, part.instead)


def _where(chat: str, thread: Topic | Chain | None) -> dict[str, Any]:
    match thread:
        case Topic(id=number):
            return {"chat_id": int(chat), "message_thread_id": number}
        case Chain(root=number):
            reply = ReplyParameters(message_id=number, allow_sending_without_reply=True)
            return {"chat_id": int(chat), "reply_parameters": reply}
        case None:
            return {"chat_id": int(chat)}
