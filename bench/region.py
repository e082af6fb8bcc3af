"""What a region of four million people asks of the hubs: ``python -m bench.region``, a simulation of its busiest hour.

The assumptions are the constants below; docs/performance.md says where they come from, and holds the outcome against
what was measured.
"""

import heapq
import random
from collections import Counter
from dataclasses import dataclass

PEOPLE = 4_000_000
VIEWS_A_YEAR_AND_PERSON = 980_313 / 18_000
"""A town of 18,000 people had 980,313 page views in a year."""
DAYS = 250
"""Of work in a year; the views of the other days are counted as if they fell on these."""
BUSIEST_HOUR = 0.15
"""Of a day's views that fall into its busiest hour."""
BUSY_DAY = 3.0
"""Times the views of an average day: the last day of a payment."""
CHATS_PER_VIEW = 0.005
"""One view in two hundred begins a conversation; the button on the others asks for the status once."""
MINUTES_OPEN = 12.0
"""How long a page with a conversation stays open, on average."""
MESSAGES = 6
"""That a citizen writes in a conversation, on average; operators write as many."""
SEED = 7


@dataclass
class Hour:
    """What the busiest hour came to."""

    views: int = 0
    chats: int = 0
    most_streams: int = 0
    messages: int = 0
    most_messages: int = 0
    """In one second."""
    most_views: int = 0
    """In one second."""


def simulate(people: int = PEOPLE, seed: int = SEED) -> Hour:
    """One hour, after one that was as busy: views come at random, each chat opens a stream and writes now and then."""
    luck = random.Random(seed)
    a_day = people * VIEWS_A_YEAR_AND_PERSON / DAYS * BUSY_DAY
    views_a_second = a_day * BUSIEST_HOUR / 3600
    chats_a_second = views_a_second * CHATS_PER_VIEW
    hour = Hour()
    messages: Counter[int] = Counter()
    ends: list[float] = []
    now = -3600.0
    while (now := now + luck.expovariate(chats_a_second)) < 3600:
        stays = luck.expovariate(1 / (MINUTES_OPEN * 60))
        heapq.heappush(ends, now + stays)
        while ends[0] < now:
            heapq.heappop(ends)
        if now >= 0:
            hour.chats += 1
            hour.most_streams = max(hour.most_streams, len(ends))
        for _ in range(
            1 + int(luck.expovariate(1 / (2 * MESSAGES - 1)))
        ):  # the first, and both sides' others
            messages[int(now + luck.uniform(0, stays))] += 1
    in_it = [count for second, count in messages.items() if 0 <= second < 3600]
    hour.messages, hour.most_messages = sum(in_it), max(in_it)
    by_second = [_poisson(luck, views_a_second) for _ in range(3600)]
    hour.views, hour.most_views = sum(by_second), max(by_second)
    return hour


def _poisson(luck: random.Random, mean: float) -> int:
    """How many come in a second of which ``mean`` come on average, which are many: nearly a normal distribution."""
    return max(0, round(luck.gauss(mean, mean**0.5)))


def main() -> None:
    """Print the hour."""
    hour = simulate()
    print(f"{PEOPLE:,} people, the busiest hour of a day {BUSY_DAY:.0f} times as busy as the average:")
    print(f"page views          {hour.views:,}; at most {hour.most_views:,} in a second")
    print(f"conversations begun {hour.chats:,}")
    print(f"open streams        at most {hour.most_streams:,}")
    print(f"messages            {hour.messages:,}; at most {hour.most_messages:,} in a second")


if __name__ == "__main__":
    main()
