"""When each chat of a platform, and each conversation in it, may be tried: budgets, pauses, and back-off.

A conversation that fails waits alone. Only where several fail one after the other, with no success between,
is it the chat (or the platform) that is away: then one try at a time finds out whether it is back.
"""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from routing.budget import Budget
from routing.clock import Clock

FIRST_WAIT = 0.5
"""Seconds before the second try; doubled for each further one."""
LONGEST_WAIT = 30.0
"""Seconds between two tries at the most: a platform that is back is noticed within this time."""
_SEVERAL = 2
"""Conversations that must have failed in a row before it is their chat's fault."""


def wait_before(attempt: int, luck: float) -> float:
    """Seconds to wait after failed try number ``attempt`` (from 1); ``luck`` in 0..1 spreads the tries."""
    longest: float = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(attempt - 1, 16))
    return longest * (0.5 + 0.5 * luck)


@dataclass(slots=True)
class _Chat:
    """What is known of one chat. Moments are the monotonic clock's."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    held_until: float = 0.0
    """Until then the platform wants to be left alone."""
    failing: set[str] = field(default_factory=set)
    """Conversations that failed since something last went through."""
    failures: int = 0
    away_until: float = 0.0
    """Until then nothing is tried, because several conversations failed."""
    scout: str = ""
    """The one conversation that is being tried, to find out whether the chat is back."""


@dataclass(slots=True)
class _Wait:
    """A conversation that has failed."""

    failures: int
    until: float


class Pace:
    """Says who may be tried now; ``budgets`` gives those of a chat."""

    def __init__(self, budgets: Callable[[str], tuple[Budget, ...]], clock: Clock) -> None:
        self._budgets = budgets
        self._clock = clock
        self._chats: dict[str, _Chat] = {}
        self._waits: dict[str, _Wait] = {}

    async def turn(self, chat: str, conversation: str) -> bool:
        """Wait for this chat's next permit, first come first served; False if the chat is to be left alone.

        Where it is True, ``left`` is to be called in the end.
        """
        state = self._chat(chat)
        async with state.turn:
            budgets = self._budgets(chat)
            while not self.closed_for(chat):
                now = self._clock.monotonic()
                pause = max([budget.delay(now) for budget in budgets], default=0.0)
                if pause <= 0:
                    for budget in budgets:
                        budget.take(now)
                    if state.failures:
                        state.scout = conversation
                    return True
                await self._clock.sleep(pause)
        return False

    def left(self, chat: str, conversation: str) -> None:
        """The turn is over, whatever came of it."""
        state = self._chat(chat)
        if state.scout == conversation:
            state.scout = ""

    def closed_for(self, chat: str) -> float:
        """Seconds for which nothing is to be tried in a chat; 0 when it may be."""
        state = self._chat(chat)
        if state.scout:
            return LONGEST_WAIT
        return max(0.0, max(state.held_until, state.away_until) - self._clock.monotonic())

    def waiting(self) -> set[str]:
        """The conversations that are not to be tried now."""
        now = self._clock.monotonic()
        return {conversation for conversation, wait in self._waits.items() if wait.until > now}

    def next_moment(self) -> float | None:
        """Seconds until the first of the waiting conversations may be tried; None if none waits."""
        now = self._clock.monotonic()
        return min((wait.until - now for wait in self._waits.values() if wait.until > now), default=None)

    def hold(self, chat: str, seconds: float) -> None:
        """The platform asked for a pause in this chat; it lasts whatever else happens."""
        now = self._clock.monotonic()
        state = self._chat(chat)
        state.held_until = max(state.held_until, now + seconds)
        for budget in self._budgets(chat):
            budget.hold(now, seconds)

    def failed(self, chat: str, conversation: str) -> float:
        """A try failed; for how many seconds its conversation waits."""
        now = self._clock.monotonic()
        state = self._chat(chat)
        state.failing.add(conversation)
        if len(state.failing) >= _SEVERAL:
            state.failures += 1
            state.away_until = now + wait_before(state.failures, _luck())
        failures = self._waits[conversation].failures + 1 if conversation in self._waits else 1
        pause = wait_before(failures, _luck())
        self._waits[conversation] = _Wait(failures, now + pause)
        return pause

    def put_off(self, conversation: str, seconds: float) -> None:
        """Not to be tried for so long, through no fault of its chat's."""
        failures = self._waits[conversation].failures if conversation in self._waits else 0
        self._waits[conversation] = _Wait(failures, self._clock.monotonic() + seconds)

    def went_through(self, chat: str, conversation: str) -> None:
        """Something was shown: whoever waited because the chat was away may be tried again."""
        self._waits.pop(conversation, None)
        state = self._chat(chat)
        if state.failures:
            for other in state.failing:
                self._waits.pop(other, None)
        state.failing.clear()
        state.failures, state.away_until = 0, 0.0

    def back_again(self) -> None:
        """The platform is back: try everything. A pause that it asked for is kept all the same."""
        self._waits.clear()
        for state in self._chats.values():
            state.failing.clear()
            state.failures, state.away_until = 0, 0.0

    def forget(self, conversation: str) -> None:
        """It has nothing to send any more."""
        self._waits.pop(conversation, None)

    def _chat(self, chat: str) -> _Chat:
        return self._chats.setdefault(chat, _Chat())


def _luck() -> float:
    return random.random()  # noqa: S311 - spreads tries, no secret
