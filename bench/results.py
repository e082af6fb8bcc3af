"""What a measurement gives: a value and its target; and the table of them."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Result:
    """One measured value; ``detail`` says what stands behind it."""

    name: str
    value: float
    unit: str
    bound: Literal["at least", "under"]
    target: float
    detail: str

    @property
    def met(self) -> bool:
        """Whether the target is met."""
        return self.value >= self.target if self.bound == "at least" else self.value < self.target


@dataclass(frozen=True, slots=True)
class Length:
    """How long to measure: ``rounds`` of ``seconds``, in turns where two things are compared."""

    rounds: int
    seconds: float
    warm_up: float
    streams: int
    rows: int
    idle: float
    samples: int


FULL = Length(rounds=7, seconds=3.0, warm_up=3.0, streams=2_000, rows=1_000_000, idle=35.0, samples=400)
"""``idle`` is longer than two heartbeats of 15 s."""
QUICK = Length(rounds=1, seconds=0.3, warm_up=0.1, streams=20, rows=2_000, idle=0.5, samples=5)
"""Only to see that everything runs: the numbers mean nothing."""


def ratios(pairs: Iterable[tuple[float, float]]) -> tuple[float, float, float]:
    """Median of first/second over rounds measured in turns, and the lowest and highest of them."""
    quotients = [first / second for first, second in pairs]
    return statistics.median(quotients), min(quotients), max(quotients)


def percentile(samples: Sequence[float], percent: float) -> float:
    """The value that ``percent`` of the samples do not exceed (nearest rank)."""
    ordered = sorted(samples)
    rank = -(-len(ordered) * percent // 100)
    return ordered[max(0, int(rank) - 1)]


def table(results: Sequence[Result]) -> str:
    """The results as a table that Markdown understands, too."""
    head = ("measure", "value", "target", "", "what stands behind it")
    rows = [
        (
            result.name,
            f"{_number(result.value)} {result.unit}".strip(),
            f"{result.bound} {_number(result.target)} {result.unit}".strip(),
            "pass" if result.met else "FAIL",
            result.detail,
        )
        for result in results
    ]
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    rule = tuple("-" * width for width in widths)
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in (head, rule, *rows)
    )


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"
