"""An outage of an hour of both platforms with 3,000 messages waiting: what comes after it, in simulated time."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from routing.budget import Budget
from routing.errors import TryLater
from tests.simulation import Simulation

CONVERSATIONS = 150
MESSAGES = 3_000
A_MINUTE = 50


def slack() -> tuple[Budget, ...]:
    """As bridges/slack/channels.py has it."""
    return (Budget(1, 1, 4),)


def telegram() -> tuple[Budget, ...]:
    """As bridges/telegram/chats.py has it."""
    return (Budget(1, 1, 3), Budget(20, 60, 20))


@pytest.mark.parametrize(
    ("platform", "rates", "most_in_a_minute", "at_once", "can_be_asked"),
    [("slack", slack, 64, 4, True), ("telegram", telegram, 40, 3, False)],
)
async def test_after_an_hour_of_outage_3000_messages_arrive_in_order_and_within_the_budgets(
    tmp_path: Path,
    platform: str,
    rates: Callable[[], tuple[Budget, ...]],
    most_in_a_minute: int,
    at_once: int,
    can_be_asked: bool,
) -> None:
    office = await asyncio.to_thread(Simulation, tmp_path, rates=rates, can_be_asked=can_be_asked)
    await office.start()
    office.platform.away = TryLater("unreachable")
    written: dict[str, list[str]] = {f"c{number}": [] for number in range(CONVERSATIONS)}
    for conversation in written:
        await office.opens(conversation)
    for first in range(0, MESSAGES, A_MINUTE):
        lines = [
            (f"c{n * 7 % CONVERSATIONS}", f"{n:04d} a line as a citizen writes it, neither long nor short")
            for n in range(first, first + A_MINUTE)
        ]
        await asyncio.gather(*(office.writes(conversation, text) for conversation, text in lines))
        for conversation, text in lines:
            written[conversation].append(text)
        await office.passes(60)
    assert office.clock.passed >= 3_600
    tries = office.platform.calls
    office.platform.away = None
    back = office.clock.passed
    await office.all_done()
    caught_up = office.clock.passed - back
    posts = len(office.platform.messages)
    for conversation, lines in written.items():
        shown = office.platform.thread_of(conversation)
        assert [line for message in shown for line in message.text.split("\n")] == lines
        assert not any(message.marked for message in shown)
    times = office.platform.times["town"]
    assert most_within(times, 60) <= most_in_a_minute
    assert most_within(times, 0.9) <= at_once
    assert tries < 300  # one at a time looked whether it was back
    await office.end()
    print(
        f"\n{platform}: {MESSAGES} messages of {CONVERSATIONS} conversations after an hour of outage: caught up in "
        f"{caught_up / 60:.1f} min with {posts} posts; joining saved {MESSAGES - posts}"
    )
    assert posts <= 3 * CONVERSATIONS


def most_within(times: list[float], seconds: float) -> int:
    """The most moments that lie within so many seconds of each other."""
    return max(sum(1 for other in times[at:] if other < time + seconds) for at, time in enumerate(times))
