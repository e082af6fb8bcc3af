"""Until when, as operators type it in a hurry, in two languages."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from routing.until import until

ROME = ZoneInfo("Europe/Rome")
NOW = datetime(2026, 11, 18, 10, 20, tzinfo=ROME)
"""A Wednesday."""


@pytest.mark.parametrize(
    ("words", "moment"),
    [
        ("until 15:00", "2026-11-18 15:00"),
        ("fino alle 15", "2026-11-18 15:00"),
        ("15.30", "2026-11-18 15:30"),
        ("fino all'una", None),
        ("until 3 pm", "2026-11-18 15:00"),
        ("till 12am", "2026-11-19 00:00"),
        ("9", "2026-11-19 09:00"),
        ("fino alle 24:00", "2026-11-19 00:00"),
        ("mezzogiorno", "2026-11-18 12:00"),
        ("midnight", "2026-11-19 00:00"),
        ("until tomorrow 9:00", "2026-11-19 09:00"),
        ("fino a domani alle 9", "2026-11-19 09:00"),
        ("domani", "2026-11-19 00:00"),
        ("fino a lunedì", "2026-11-23 00:00"),
        ("until Wednesday 8:30", "2026-11-25 08:30"),
        ("24/12", "2026-12-24 00:00"),
        ("fino al 7/1/2027 alle 8", "2027-01-07 08:00"),
        ("fino al 7 gennaio", "2027-01-07 00:00"),
        ("until 24 December 13:00", "2026-12-24 13:00"),
        ("2026-12-24 8:30", "2026-12-24 08:30"),
        ("20m", "2026-11-18 10:40"),
        ("per 20 minuti", "2026-11-18 10:40"),
        ("for 2 hours", "2026-11-18 12:20"),
        ("un'ora", None),
        ("later", None),
        ("25:00", None),
        ("15:75", None),
        ("13 pm", None),
        ("until", None),
        ("2026-11-17", None),
        ("2028-01-01", None),
        ("31/11", None),
        ("0m", None),
    ],
)
def test_what_is_typed_is_the_moment_that_is_meant(words: str, moment: str | None) -> None:
    if moment is None:
        with pytest.raises(ValueError, match=r".*"):
            until(words, NOW, ROME)
    else:
        assert until(words, NOW, ROME) == datetime.fromisoformat(moment).replace(tzinfo=ROME)


def test_no_words_are_no_moment() -> None:
    assert until("  ", NOW, ROME) is None


def test_a_day_later_is_the_same_time_on_the_wall_though_the_clock_was_changed() -> None:
    before = datetime(2026, 10, 24, 18, 0, tzinfo=ROME)
    assert until("9", before, ROME) == datetime(2026, 10, 25, 9, 0, tzinfo=ROME)
