"""``./linea bench`` runs from end to end; what it measures on a busy machine is not looked at."""

import subprocess
import sys

from tests.program import ROOT


def test_every_measurement_runs_and_has_its_line() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", "--quick"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stdout.splitlines() if line.startswith("|")][2:]
    assert len(lines) == 15
    assert all(" pass " in line or " FAIL " in line for line in lines)


def test_an_unknown_measure_is_told_with_those_there_are() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", "speed"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "no such measure: speed; there are start, throughput" in done.stderr
