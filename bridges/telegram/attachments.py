"""Files that operators send on Telegram: which one a message carries, and how its bytes are fetched."""

import asyncio
import logging
from dataclasses import dataclass

from telegram import Bot, Message
from telegram.error import BadRequest, NetworkError, RetryAfter, TelegramError

from bridges.telegram.errors import seconds
from routing.files import MOST_BYTES

log = logging.getLogger(__name__)

_PAUSES = (0.5, 2.0, 5.0)
"""Seconds before each further try to fetch a file; meanwhile no other message is taken in."""


class NotFetched(Exception):
    """Telegram does not give the file."""


class TooLarge(NotFetched):
    """The file is larger than the hub passes on (Telegram itself stops at 20 MB)."""


@dataclass(slots=True, frozen=True)
class Attachment:
    """A file at Telegram: its id there, a name, and its size in bytes (0 where it is not told)."""

    file_id: str
    name: str
    size: int


def attachment_of(message: Message) -> Attachment | None:
    """The file a message carries; None for a message without one."""
    number = message.message_id
    if message.photo:
        best = max(message.photo, key=lambda size: size.width * size.height)
        return Attachment(best.file_id, f"photo-{number}.jpg", best.file_size or 0)
    if message.sticker is not None:
        sticker = message.sticker
        if sticker.is_animated or sticker.is_video:
            return None
        return Attachment(sticker.file_id, f"sticker-{number}.webp", sticker.file_size or 0)
    for media, name in (
        (message.animation, f"animation-{number}.mp4"),
        (message.document, f"document-{number}"),
        (message.video, f"video-{number}.mp4"),
        (message.audio, f"audio-{number}.mp3"),
    ):
        if media is not None:
            return Attachment(media.file_id, media.file_name or name, media.file_size or 0)
    if message.voice is not None:
        return Attachment(message.voice.file_id, f"voice-{number}.ogg", message.voice.file_size or 0)
    if message.video_note is not None:
        note = message.video_note
        return Attachment(note.file_id, f"video-{number}.mp4", note.file_size or 0)
    return None


async def fetch(bot: Bot, attachment: Attachment) -> bytes:
    """The file's bytes.

    Raises
    ------
    TooLarge
        If it is over ``routing.files.MOST_BYTES``.
    NotFetched
        If Telegram does not give it, after several tries.
    """
    if attachment.size > MOST_BYTES:
        raise TooLarge
    for pause in (*_PAUSES, None):
        try:
            file = await bot.get_file(attachment.file_id)
            if (file.file_size or 0) > MOST_BYTES:
                raise TooLarge
            return bytes(await file.download_as_bytearray())
        except BadRequest as error:
            if "too big" in error.message.lower():
                raise TooLarge from error
            raise NotFetched from error
        except RetryAfter as error:
            wait = seconds(error)
        except NetworkError:
            wait = pause or 0.0
        except (TelegramError, RuntimeError) as error:
            raise NotFetched from error
        if pause is not None:
            await asyncio.sleep(wait)
    raise NotFetched
