"""The calls that put a message on Slack, change it and take it away; they know no conversations."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bridges.slack import errors
from bridges.slack.client import UPLOAD, data_of, proxy_for
from bridges.slack.format import cut
from bridges.slack.render import FilePart, TextPart
from routing.errors import OutcomeUnknown, TryLater

log = logging.getLogger(__name__)

_UPDATE_LIMIT = 4_000
"""Characters of text that chat.update takes; the blocks carry the rest."""
_AS_IT_IS: dict[str, Any] = {"parse": "none", "link_names": False}
"""Nothing in a text becomes a mention or a link."""
_NO_PREVIEWS: dict[str, Any] = {"unfurl_links": False, "unfurl_media": False, "mrkdwn": False}
_SHARED_WITHIN = (0.0, 0.1, 0.2, 0.4, 0.8, 1.6)
"""Seconds before each look for the message of a file: Slack makes it after it has answered."""


class NotTaken(Exception):
    """The file itself will not be taken; the conversation's texts still may."""


class Sender:
    """Sends through ``client``; ``read_file`` gives a file's bytes or raises ``FileNotFoundError``.

    Methods raise what slack_sdk and aiohttp raise, unless they say otherwise.
    """

    def __init__(self, client: AsyncWebClient, read_file: Callable[[str], Awaitable[bytes]]) -> None:
        self._client = client
        self._read_file = read_file

    async def post(
        self, chat: str, thread: str | None, part: TextPart, metadata: Mapping[str, object]
    ) -> str:
        """Post into a thread, or into the channel itself; the message's ``ts``."""
        rest: dict[str, Any] = {**_AS_IT_IS, **_NO_PREVIEWS, "thread_ts": thread, "metadata": dict(metadata)}
        try:
            call = self._client.chat_postMessage(
                channel=chat, text=part.text, blocks=list(part.blocks), **rest
            )  # fmt: skip
            return str((await data_of(call))["ts"])
        except SlackApiError as error:
            if not errors.about_blocks(error):
                raise
            log.warning("slack: blocks were refused (%s); the text goes without them", errors.code(error))
        call = self._client.chat_postMessage(channel=chat, text=part.text, **rest)
        return str((await data_of(call))["ts"])

    async def edit(self, chat: str, ts: str, part: TextPart) -> bool:
        """Make a message say something else; True also when it is gone, False where Slack forbids it."""
        try:
            await self._client.chat_update(
                channel=chat, ts=ts, text=cut(part.text, _UPDATE_LIMIT), blocks=list(part.blocks), **_AS_IT_IS
            )
        except SlackApiError as error:
            if errors.unchangeable(error) or errors.about_blocks(error):
                return False
            if not errors.message_is_gone(error):
                raise
        return True

    async def delete(self, chat: str, ts: str) -> bool:
        """Take a message away; True also when it is gone already, False where Slack forbids it."""
        try:
            await self._client.chat_delete(channel=chat, ts=ts)
        except SlackApiError as error:
            if errors.unchangeable(error):
                return False
            if not errors.message_is_gone(error):
                raise
        return True

    async def delete_file(self, file_id: str) -> bool:
        """Take a file away wherever it is shown; True also when it is gone already, False where Slack forbids it."""
        try:
            await self._client.files_delete(file=file_id)
        except SlackApiError as error:
            if errors.file_is_gone(error):
                return True
            if errors.is_refusal(error) and not errors.is_about_channel(error):
                return False
            raise
        return True

    async def upload(self, chat: str, thread: str | None, part: FilePart) -> str:
        """Send a file; the ``ts`` of its message, or the file's id when Slack does not tell it.

        Raises
        ------
        NotTaken
            If Slack does not take the file, or its bytes are not here any more.
        TryLater
            If it could not be handed over now; nothing of it is to be seen then.
        """
        try:
            content = await self._read_file(part.key)
        except FileNotFoundError as error:
            raise NotTaken("erased") from error
        try:
            file_id = await self._hand_over(part.name, content)
        except SlackApiError as error:
            if errors.is_refusal(error) and not errors.is_about_channel(error):
                raise NotTaken(errors.code(error)) from error
            if isinstance(errors.judge(error, chat).error, OutcomeUnknown):
                raise TryLater("a file was not handed over") from error
            raise
        except (aiohttp.ClientError, TimeoutError, ValueError, KeyError) as error:
            raise TryLater(f"a file was not handed over ({type(error).__name__})") from error
        try:
            await self._client.files_completeUploadExternal(
                files=[{"id": file_id, "title": part.name}],
                channel_id=chat,
                thread_ts=thread,
                initial_comment=part.comment,
            )
        except SlackApiError as error:
            if errors.is_refusal(error) and not errors.is_about_channel(error):
                raise NotTaken(errors.code(error)) from error
            raise
        return await self._message_of(file_id, chat) or file_id

    async def _hand_over(self, name: str, content: bytes) -> str:
        """Give Slack the bytes, which nobody sees yet; the file's id."""
        slot = await data_of(self._client.files_getUploadURLExternal(filename=name, length=len(content)))
        url = str(slot["upload_url"])
        timeout = aiohttp.ClientTimeout(total=UPLOAD)
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.post(url, data=content, proxy=proxy_for(url)) as answer,
        ):
            if answer.status in (400, 413, 415):
                raise NotTaken(f"status {answer.status}")
            if answer.status != 200:
                raise TryLater(f"a file was not handed over (status {answer.status})")
        return str(slot["file_id"])

    async def _message_of(self, file_id: str, chat: str) -> str | None:
        """The message in ``chat`` with which a file was shared; None when Slack does not tell."""
        for pause in _SHARED_WITHIN:
            await asyncio.sleep(pause)
            try:
                file = (await data_of(self._client.files_info(file=file_id))).get("file")
                shares = file["shares"] if isinstance(file, dict) else {}
                for kind in ("public", "private"):
                    for share in shares.get(kind, {}).get(chat, []):
                        return str(share["ts"])
            except Exception as error:
                # The file is there: whatever is wrong now must not lead to a second one.
                log.info(
                    "slack: a file's message is not known (%s)", errors.code(error) or type(error).__name__
                )
                return None
        return None
