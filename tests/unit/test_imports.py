"""A town with one hub does not pay for several: what they need is not even imported."""

import subprocess
import sys

from tests.program import ROOT

SEVERAL = ("redis", "psycopg", "live", "running.region", "routing.neighbours")


def test_a_hub_on_sqlite_imports_nothing_that_several_hubs_need() -> None:
    words = f"import sys, running.serve; print([name for name in {SEVERAL!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", words], cwd=ROOT, check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
