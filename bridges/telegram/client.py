"""python-telegram-bot's ``Bot`` as the bridge uses it: quiet in the logs, not stopped by one odd update."""

import json
import logging
import os
from typing import Any

import httpx
from telegram import Bot, Update
from telegram.error import TelegramError
from telegram.request import HTTPXRequest

from settings import TelegramSettings

log = logging.getLogger(__name__)

# The library's own switch to its coming behaviour; without it a 429 is also a deprecation warning.
os.environ.setdefault("PTB_TIMEDELTA", "true")

_CONNECT = 5.0
"""Seconds to reach Telegram; a longer wait would hold up other conversations."""
_ANSWER = 20.0
"""Seconds Telegram may take to answer a call before its outcome counts as unknown."""
_UPLOAD = 60.0
"""Seconds to send a file of 10 MB over an office's line."""
_AT_ONCE = 16
"""Connections for everything but getUpdates: eight conversations, each with a call of convenience."""


class _Request(HTTPXRequest):
    """A request that keeps what the server said out of the log."""

    __slots__ = ()

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        try:
            parsed = json.loads(payload.decode("utf-8", "replace"))
        except ValueError as error:
            raise TelegramError("Invalid server response") from error
        if not isinstance(parsed, dict):
            raise TelegramError("Invalid server response")
        return parsed


class _UpdatesRequest(_Request):
    """getUpdates: an update that the library cannot read becomes an empty one, with its number.

    The library would raise for the whole batch and never get past the odd one.
    """

    __slots__ = ()

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        parsed = _Request.parse_json_payload(payload)
        if isinstance(parsed.get("result"), list):
            parsed["result"] = [
                _readable(update)
                for update in parsed["result"]
                if isinstance(update, dict) and isinstance(update.get("update_id"), int)
            ]
        return parsed


def _readable(update: dict[str, Any]) -> dict[str, Any]:
    try:
        Update.de_json(update)
    except Exception as error:
        log.warning(
            "telegram: update %s was not understood and is passed over (%s)",
            update["update_id"],
            type(error).__name__,
        )
        return {"update_id": update["update_id"]}
    return update


class Client:
    """A ``Bot`` with its two sets of connections, one of them for getUpdates alone."""

    def __init__(self, settings: TelegramSettings, token: str) -> None:
        # These libraries log addresses, and the token is part of every address.
        for name in ("httpx", "httpcore", "telegram"):
            logging.getLogger(name).setLevel(logging.WARNING)
        api = str(settings.api_url).rstrip("/")
        shared: dict[str, Any] = {"httpx_kwargs": {"verify": httpx.create_ssl_context()}}
        timeouts: dict[str, Any] = {"connect_timeout": _CONNECT, "write_timeout": _ANSWER}
        self._updates = _UpdatesRequest(
            connection_pool_size=2, read_timeout=_CONNECT, **timeouts, **shared
        )  # fmt: skip
        self._calls = _Request(
            connection_pool_size=_AT_ONCE,
            read_timeout=_ANSWER,
            pool_timeout=_ANSWER,
            media_write_timeout=_UPLOAD,
            **timeouts,
            **shared,
        )
        self.bot = Bot(
            token,
            base_url=f"{api}/bot",
            base_file_url=f"{api}/file/bot",
            request=self._calls,
            get_updates_request=self._updates,
        )
        number = token.partition(":")[0]
        self.own_id: int | None = int(number) if number.isdecimal() else None
        """The bot's user id: it is the first half of its token."""

    async def close(self) -> None:
        """Give the connections back; calls under way fail."""
        await self._updates.shutdown()
        await self._calls.shutdown()
