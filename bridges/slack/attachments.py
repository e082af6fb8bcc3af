"""Files that operators send on Slack: how their bytes are fetched, with the token shown to Slack alone."""

import asyncio
import logging

import aiohttp
from pydantic import ValidationError
from slack_sdk.web.async_client import AsyncWebClient

from bridges.slack.client import UPLOAD, data_of, is_slack, proxy_for
from bridges.slack.errors import code
from bridges.slack.events import File
from routing.files import MOST_BYTES, size_in_words

log = logging.getLogger(__name__)

_PAUSES = (0.5, 2.0)
"""Seconds before each further try to fetch a file; meanwhile only its own thread waits."""


class NotFetched(Exception):
    """The file cannot be had; the message says why, in a word or two for the operator."""


async def fetch(client: AsyncWebClient, file: File) -> bytes:
    """The file's bytes.

    Raises
    ------
    NotFetched
        If it is too large, is not Slack's to give, or does not come in several tries.
    """
    file = await _complete(client, file)
    url = file.url_private_download or file.url_private
    if (file.size or 0) > MOST_BYTES:
        raise NotFetched(f"> {size_in_words(MOST_BYTES)}")
    if not url or not is_slack(url, client.base_url) or file.mode == "tombstone":
        raise NotFetched("Slack")
    for pause in (*_PAUSES, None):
        try:
            return await _download(url, str(client.token), file)
        except (aiohttp.ClientError, TimeoutError) as error:
            log.info("slack: a file did not come (%s)", type(error).__name__)
        if pause is not None:
            await asyncio.sleep(pause)
    raise NotFetched("Slack")


async def _complete(client: AsyncWebClient, file: File) -> File:
    """The file with all that Slack knows of it, where the event had only its id."""
    if file.url_private_download or file.file_access != "check_file_info":
        return file
    try:
        return File.model_validate((await data_of(client.files_info(file=file.id))).get("file"))
    except (ValidationError, ValueError):
        return file
    except Exception as error:
        log.info("slack: a file's facts were not to be had (%s)", code(error) or type(error).__name__)
        return file


async def _download(url: str, token: str, file: File) -> bytes:
    timeout = aiohttp.ClientTimeout(total=UPLOAD)
    async with (
        aiohttp.ClientSession(timeout=timeout, headers={"Authorization": f"Bearer {token}"}) as session,
        session.get(url, allow_redirects=False, proxy=proxy_for(url)) as answer,
    ):
        if answer.status >= 500 or answer.status == 429:
            raise aiohttp.ClientPayloadError(f"status {answer.status}")
        # Who may not see a file is shown a page to sign in, with the status of success.
        is_page = answer.content_type == "text/html" and file.mimetype != "text/html"
        if answer.status != 200 or is_page:
            log.warning(
                "slack: a file was refused (status %s): is the scope files:read there?", answer.status
            )
            raise NotFetched("files:read")
        content = bytearray()
        async for piece in answer.content.iter_chunked(64 * 1024):
            content += piece
            if len(content) > MOST_BYTES:
                raise NotFetched(f"> {size_in_words(MOST_BYTES)}")
        return bytes(content)
