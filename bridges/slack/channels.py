"""What the bridge knows of its channels: which there are, what is wrong with them, how fast to write."""

import logging
import time
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass, field
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bridges.slack.client import data_of
from bridges.slack.errors import ANYWHERE, code
from routing.budget import Budget
from settings import Settings, SlackSettings

log = logging.getLogger(__name__)


def destination(settings: Settings, slack: SlackSettings, department: str | None) -> str:
    """The department's own channel, else the office's. ``slack`` is what the bridge was started with."""
    for candidate in settings.departments:
        if candidate.name == department and candidate.slack is not None:
            return candidate.slack.channel
    return (settings.bridges.slack or slack).channel


def configured(settings: Settings, slack: SlackSettings) -> set[str]:
    """All channels that conversations may go to."""
    others = {department.slack.channel for department in settings.departments if department.slack}
    return {destination(settings, slack, None), *others}


@dataclass(slots=True)
class Channels:
    """Knowledge that is learnt anew after a start; ``changed`` is called when a problem comes or goes."""

    changed: Callable[[], None]
    details: dict[str, str]
    is_ours: Callable[[str], bool]
    """Whether a channel is one of the configuration in force."""
    _problems: dict[str, str] = field(default_factory=dict)
    _names: dict[str, str] = field(default_factory=dict)
    _budgets: dict[str, tuple[Budget, ...]] = field(default_factory=dict)
    _refreshes: Budget = field(default_factory=lambda: Budget(30, 60, 10))
    """Under chat.update's 50 a minute, so that changes of messages always have their share."""

    def budgets(self, chat: str) -> tuple[Budget, ...]:
        """1 message a second, 4 at once: Slack's limit for a channel, with the short bursts it tolerates."""
        if chat not in self._budgets:
            self._budgets[chat] = (Budget(1, 1, 4),)
        return self._budgets[chat]

    def may_refresh(self) -> bool:
        """Whether there is room for an update that is only nice to have; uses it up."""
        now = time.monotonic()
        if self._refreshes.delay(now) > 0:
            return False
        self._refreshes.take(now)
        return True

    def cannot_send(self, about: str, problem: str) -> None:
        """Nothing can be shown in a channel, or anywhere, for a reason that the administrator can mend."""
        if self._problems.get(about) != problem:
            self._problems[about] = problem
            self.changed()

    def sent(self, chat: str) -> None:
        """Something was shown in the channel: neither it nor the token has a problem."""
        self.mended(chat)
        self.mended(ANYWHERE)

    def mended(self, about: str) -> None:
        """A problem is no more."""
        if self._problems.pop(about, None) is not None:
            self.changed()

    def blocked(self, chats: Iterable[str]) -> bool:
        """Whether nothing can be shown in any of these channels."""
        return ANYWHERE in self._problems or all(chat in self._problems for chat in chats)

    def problem(self, chats: Container[str]) -> str | None:
        """The oldest problem there is with any of these channels; one that was given up is no problem any more."""
        found = (problem for about, problem in self._problems.items() if about == ANYWHERE or about in chats)
        return next(found, None)

    async def name_of(self, client: AsyncWebClient, chat: str) -> str:
        """What a channel is called (``#urp``), or its id where Slack does not say."""
        if chat not in self._names:
            try:
                found: Any = (await data_of(client.conversations_info(channel=chat)))["channel"]
                self._names[chat] = f"#{found['name']}"
            except Exception as error:
                log.info(
                    "slack: the name of a channel is not known (%s)", code(error) or type(error).__name__
                )
                return chat
        return self._names[chat]
