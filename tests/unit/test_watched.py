"""A file is read when it has come to rest, not while an editor is still at it."""

from pathlib import Path

import pytest

from running.reload import MISSED_AFTER, Watched


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A file as it was at the start."""
    config = tmp_path / "config.yaml"
    config.write_text("before")
    return config


def test_what_is_left_alone_is_never_changed(config: Path) -> None:
    watched = Watched(config)
    assert [watched.changed() for _ in range(5)] == [False] * 5


def test_a_change_is_told_once_when_it_rests(config: Path) -> None:
    watched = Watched(config)
    config.write_text("after, and longer")
    assert [watched.changed() for _ in range(4)] == [False, True, False, False]


def test_what_is_written_in_steps_is_told_after_the_last(config: Path) -> None:
    watched = Watched(config)
    config.write_text("")
    assert not watched.changed()
    config.write_text("half")
    assert not watched.changed()
    config.write_text("half and half")
    assert [watched.changed(), watched.changed()] == [False, True]


def test_a_file_taken_away_for_a_moment_is_not_missed(config: Path) -> None:
    watched = Watched(config)
    config.unlink()
    assert not any(watched.changed() for _ in range(MISSED_AFTER - 1))
    config.write_text("after, and longer")
    assert [watched.changed(), watched.changed()] == [False, True]


def test_a_file_that_stays_away_is_told_once(config: Path) -> None:
    watched = Watched(config)
    config.unlink()
    assert [watched.changed() for _ in range(MISSED_AFTER + 3)].count(True) == 1


def test_a_calendar_beside_it_counts_as_well(config: Path) -> None:
    calendar = config.with_name("ferie.ics")
    watched = Watched(config, lambda: (calendar,))
    calendar.write_text("BEGIN:VCALENDAR")
    assert [watched.changed(), watched.changed()] == [False, True]
