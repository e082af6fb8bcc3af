"""What the measurements' table says: which targets are met, and that medians and percentiles are right."""

import pytest

from bench.load import requests
from bench.results import Result, percentile, ratios, table


@pytest.mark.parametrize(
    ("bound", "value", "met"),
    [("at least", 0.25, True), ("at least", 0.249, False), ("under", 19.9, True), ("under", 20.0, False)],
)
def test_a_target_is_met_or_not(bound: str, value: float, met: bool) -> None:
    target = 0.25 if bound == "at least" else 20.0
    result = Result("it", value, "ms", bound, target, "")  # type: ignore[arg-type]
    assert result.met is met
    assert ("FAIL" in table([result])) is not met


def test_one_disturbed_round_does_not_move_the_ratio() -> None:
    assert ratios([(1, 4), (2, 8), (100, 1)]) == (0.25, 0.25, 100)


def test_a_percentile_is_a_sample_that_was_measured() -> None:
    samples = [float(number) for number in range(1, 101)]
    assert percentile(samples, 99) == 99
    assert percentile(samples, 50) == 50
    assert percentile([7.0], 99) == 7.0


def test_every_message_of_the_load_is_a_new_one_of_its_own_citizen() -> None:
    job = {"most": 5, "kind": "write", "conversations": [["a", "token-a"], ["b", "token-b"]]}
    sent = list(requests(job))
    assert len(set(sent)) == 5
    assert all(b"token-a" in request and b"/a/" in request for request in sent[::2])
    assert all(b"token-b" in request and b"/b/" in request for request in sent[1::2])
