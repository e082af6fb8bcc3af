"""What the Telegram bridge knows of its chats: where they moved to, what is wrong with them."""

import pytest

from bridges.telegram.chats import Chats


class Told:
    """Counts how often a change was reported."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> None:
        self.times += 1


@pytest.fixture(name="told")
def told_fixture() -> Told:
    """Nothing was reported yet."""
    return Told()


@pytest.fixture(name="chats")
def chats_fixture(told: Told) -> Chats:
    """The chats of an office with one group."""
    return Chats(lambda: ["-1"], told)


def test_a_chat_is_found_under_every_number_it_had(chats: Chats) -> None:
    chats.moved("-1", "-1001")
    chats.moved("-1001", "-1002")
    assert chats.present("-1") == chats.present("-1001") == "-1002"
    assert chats.is_ours("-1002")
    assert not chats.is_ours("-3")


def test_numbers_that_lead_in_a_circle_end(chats: Chats) -> None:
    chats.moved("-1", "-2")
    chats.moved("-2", "-1")
    assert chats.present("-1") in ("-1", "-2")


def test_a_problem_is_reported_when_it_comes_and_when_it_goes(chats: Chats, told: Told) -> None:
    chats.cannot_send("-1", "kicked")
    chats.cannot_send("-1", "kicked")
    assert (chats.problem(), told.times) == ("kicked", 1)
    chats.sent("-1")
    assert (chats.problem(), told.times) == (None, 2)


def test_a_look_that_finds_nothing_wrong_ends_the_wait_for_a_next_try(chats: Chats, told: Told) -> None:
    chats.cannot_send("-1", "kicked")
    chats.looked_at("-1", ["kicked"])
    assert chats.problem() == "kicked"
    before = told.times
    chats.looked_at("-1", [])
    assert chats.problem() is None
    assert told.times > before
