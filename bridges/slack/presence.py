"""Whether any of the people in the office's channels is at Slack: asked sparingly, and never relied upon."""

import logging
from collections.abc import Iterable

from slack_sdk.web.async_client import AsyncWebClient

from bridges.slack.client import data_of
from bridges.slack.errors import code, unknown_method

log = logging.getLogger(__name__)

_MOST = 20
"""People asked about at one look; of a channel with more, presence says little about the office."""
_DETAIL = "presence"


class Presences:
    """Stops at the first who is there, and begins with them the next time."""

    def __init__(self, client: AsyncWebClient, details: dict[str, str]) -> None:
        self._client = client
        self._details = details
        self._seen = ""
        self._bots: set[str] = set()

    def reconnected(self) -> None:
        """The app may have been given what it lacked."""
        self._details.pop(_DETAIL, None)

    async def anybody(self, channels: Iterable[str], own_user: str | None) -> bool | None:
        """Whether somebody is there; None where Slack does not say."""
        if _DETAIL in self._details:
            return None
        try:
            people: set[str] = set()
            for channel in channels:
                answer = await data_of(self._client.conversations_members(channel=channel, limit=_MOST + 2))
                people.update(str(member) for member in answer["members"])
            people -= {*self._bots, own_user or ""}
            if not 0 < len(people) <= _MOST:
                return None
            for user in sorted(people, key=lambda one: (one != self._seen, one)):
                if await self._is_there(user):
                    self._seen = user
                    return True
        except Exception as error:
            word = code(error)
            if word == "missing_scope" or unknown_method(error):
                self._details[_DETAIL] = f"not available ({word or 'unknown_method'})"
            log.info("slack: who is there is not to be had (%s)", word or type(error).__name__)
            return None
        return False if people - self._bots else None

    async def _is_there(self, user: str) -> bool:
        answer = await data_of(self._client.users_getPresence(user=user))
        if answer.get("presence") != "active":
            return False
        # Other apps are always there.
        found = (await data_of(self._client.users_info(user=user))).get("user")
        if isinstance(found, dict) and found.get("is_bot"):
            self._bots.add(user)
            return False
        return True
