"""Operators' names: asked of Slack, kept for an hour, never waited for longer than an event may."""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict
from slack_sdk.web.async_client import AsyncWebClient

from bridges.slack.client import data_of
from bridges.slack.errors import code
from bridges.slack.format import one_line

log = logging.getLogger(__name__)

_KEPT = 3600.0
"""Seconds a name is good for."""
_FAILED = 60.0
"""Seconds before Slack is asked again for a name that it did not give."""
_PATIENCE = 1.5
"""Seconds to wait for a name: half of the 3 in which Slack wants an event acknowledged."""
_MOST = 2_000
_LENGTH = 100
"""Characters of a name that the journal keeps."""


class _Profile(BaseModel):
    model_config = ConfigDict(extra="ignore")

    real_name: str | None = None
    display_name: str | None = None


class _User(BaseModel):
    model_config = ConfigDict(extra="ignore")

    name: str | None = None
    real_name: str | None = None
    profile: _Profile = _Profile()


class Names:
    """People's real names by their ids."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client
        self._known: OrderedDict[str, tuple[str | None, float]] = OrderedDict()
        self._asking: dict[str, asyncio.Task[str | None]] = {}

    async def name(self, user: str) -> str | None:
        """The person's real name; None when Slack does not tell it in time."""
        known, until = self._known.get(user, (None, 0.0))
        if time.monotonic() < until:
            return known
        task = self._asking.get(user)
        if task is None:
            task = asyncio.create_task(self._ask(user))
            self._asking[user] = task
            task.add_done_callback(lambda _: self._asking.pop(user, None))
        done, _ = await asyncio.wait([task], timeout=_PATIENCE)
        return task.result() if done and not task.cancelled() else known

    async def names(self, users: Iterable[str]) -> dict[str, str]:
        """Names for those of these people of whom one is known."""
        wanted = list(users)
        found = await asyncio.gather(*(self.name(user) for user in wanted))
        return {user: name for user, name in zip(wanted, found, strict=True) if name}

    async def stop(self) -> None:
        """Ask no more."""
        tasks = list(self._asking.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _ask(self, user: str) -> str | None:
        known = self._known.get(user, (None, 0.0))[0]
        name, good_for = known, _FAILED
        try:
            answer = _User.model_validate((await data_of(self._client.users_info(user=user))).get("user"))
        except Exception as error:
            log.info("slack: a name was not to be had (%s)", code(error) or type(error).__name__)
        else:
            best = answer.profile.real_name or answer.real_name or answer.profile.display_name or answer.name
            name, good_for = one_line(best or "", _LENGTH) or None, _KEPT
        self._known[user] = (name, time.monotonic() + good_for)
        self._known.move_to_end(user)
        while len(self._known) > _MOST:
            self._known.popitem(last=False)
        return name
