"""How fast a chat may be written to: who waits as long as they were told to has a permit then."""

import random

from routing.budget import Budget


def test_after_the_delay_that_was_told_there_is_a_permit() -> None:
    luck = random.Random(7)
    for count, seconds, burst in ((1, 1, 4), (20, 60, 20), (1, 1, 3), (30, 60, 10)):
        budget, now = Budget(count, seconds, burst), luck.uniform(0, 10)
        for _ in range(20_000):
            now += luck.choice([0.0, 0.0, 0.1, luck.random()])
            now += budget.delay(now)
            assert budget.delay(now) == 0.0
            budget.take(now)


def test_no_more_permits_than_the_budget_has() -> None:
    budget, now, taken = Budget(20, 60, 20), 1000.0, 0
    while True:
        now += budget.delay(now)
        if now > 1000.0 + 600.0:
            break
        budget.take(now)
        taken += 1
    assert taken in (219, 220, 221)
