"""What is said of the wait for a first answer: never a promise, and nothing where there is too little to go by."""

import math
from datetime import UTC, datetime, timedelta

import pytest

from models.store import FirstAnswer
from routing.queue import FEWEST, minutes_to_say, usual_wait, wait_of

NINE = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
HOUR = 3_600_000
NINE_MS = int(NINE.timestamp() * 1000)


def test_nothing_is_said_of_too_few_conversations() -> None:
    assert usual_wait([60.0] * (FEWEST - 1)) is None
    assert usual_wait([60.0] * FEWEST) == timedelta(minutes=1)


def test_one_slow_answer_does_not_make_the_office_slow() -> None:
    assert usual_wait([60.0] * FEWEST + [36_000.0]) == timedelta(minutes=1)


def test_an_office_that_mostly_does_not_answer_says_nothing() -> None:
    assert usual_wait([60.0] * FEWEST + [math.inf] * (FEWEST - 1)) == timedelta(minutes=1)
    assert usual_wait([60.0] * FEWEST + [math.inf] * (FEWEST + 1)) is None


@pytest.mark.parametrize(
    ("past", "seconds"),
    [
        (FirstAnswer(NINE_MS, NINE_MS + 90_000, waits=False), 90.0),
        (FirstAnswer(NINE_MS, NINE_MS + 5 * HOUR, waits=False), math.inf),  # the office closed in between
        (FirstAnswer(NINE_MS, None, waits=False), math.inf),  # the citizen gave up
        (FirstAnswer(NINE_MS, None, waits=True), math.inf),  # forgotten since this morning
        (FirstAnswer(NINE_MS + 6 * HOUR - 60_000, None, waits=True), None),  # just came
    ],
)
def test_what_a_conversation_says_of_the_wait(past: FirstAnswer, seconds: float | None) -> None:
    assert wait_of(past, NINE + timedelta(hours=4), NINE_MS + 6 * HOUR) == seconds


def test_minutes_are_whole_and_end_when_they_are_over() -> None:
    usual = timedelta(minutes=3, seconds=10)
    assert minutes_to_say(usual, timedelta(0)) == 4
    assert minutes_to_say(usual, timedelta(minutes=3)) == 4
    assert minutes_to_say(usual, timedelta(minutes=4)) is None
    assert minutes_to_say(timedelta(seconds=5), timedelta(0)) == 1
    assert minutes_to_say(None, timedelta(0)) is None
