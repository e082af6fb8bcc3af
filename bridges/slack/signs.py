"""The app's reactions: signs on operators' own messages, and colleagues' reactions. Nothing depends on them."""

import logging
import time
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bridges.slack import errors
from bridges.slack.channels import Channels
from bridges.slack.ids import ts_of
from routing.budget import Budget

log = logging.getLogger(__name__)

_NAMES = {
    "👀": "eyes", "😴": "sleeping", "👍": "+1", "❤": "heart", "🙏": "pray", "👏": "clap", "👌": "ok_hand",
    "🤝": "handshake", "🎉": "tada", "💯": "100",
}  # fmt: skip
"""What Slack calls the emoji that are the same on each platform."""
_EMOJI = {name: emoji for emoji, name in _NAMES.items()} | {"thumbsup": "👍"}
_ALREADY_SO = ("already_reacted", "no_reaction", "message_not_found", "not_reactable", "too_many_reactions")
_DETAIL = "signs"


def emoji_of(name: str) -> str:
    """The emoji behind a name of Slack's, whatever the colour of the skin; "" for one that is not ours to know."""
    return _EMOJI.get(name.partition("::")[0], "")


class Signs:
    """Signs where there is room, until Slack says that the app may not."""

    def __init__(self, client: AsyncWebClient, channels: Channels, details: dict[str, str]) -> None:
        self._client = client
        self._channels = channels
        self._details = details
        self._budget = Budget(30, 60, 10)
        """Under the 50 a minute that Slack takes."""

    def reconnected(self) -> None:
        """The app may have been given what it lacked."""
        self._details.pop(_DETAIL, None)

    async def put(self, chat: str, message: str, sign: str, instead_of: str | None) -> float:
        """See ``routing.bridge.Bridge.sign``."""
        if _DETAIL in self._details:
            return 0.0
        now = time.monotonic()
        pause = max(budget.delay(now) for budget in (*self._channels.budgets(chat), self._budget))
        if pause > 0:
            return pause
        try:
            if instead_of:
                await self._call(self._client.reactions_remove, chat, ts_of(message), instead_of)
            if sign:
                await self._call(self._client.reactions_add, chat, ts_of(message), sign)
        except Exception as error:
            return self._failed(error)
        return 0.0

    def _failed(self, error: Exception) -> float:
        pause = errors.retry_after(error)
        if pause is not None:
            self._budget.hold(time.monotonic(), pause)
            return pause
        word = errors.code(error)
        if word == "missing_scope" or errors.unknown_method(error):
            self._details[_DETAIL] = f"off ({word or 'unknown_method'})"
            log.warning(
                "slack: no signs on operators' messages: the app may not use reactions.add (%s)", word
            )
        else:
            log.info("slack: a sign could not be put on a message (%s)", word or type(error).__name__)
        return 0.0

    async def _call(self, call: Any, chat: str, ts: str, sign: str) -> None:
        """A reaction that is there already, or a message that is not, is no fault."""
        self._budget.take(time.monotonic())
        try:
            await call(channel=chat, timestamp=ts, name=_NAMES[sign])
        except SlackApiError as error:
            if errors.code(error) not in _ALREADY_SO:
                raise
