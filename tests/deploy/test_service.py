"""The systemd unit is one that systemd understands, and leaves the program little of the machine."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.program import ROOT

UNIT = ROOT / "deploy" / "linea.service"
MOST_EXPOSED = 15
"""Tenths of ``systemd-analyze security``'s scale, on which 100 is the worst; it says 12, versions differ a little."""

pytestmark = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not here")


def analyze(*words: str) -> "subprocess.CompletedProcess[str]":
    env = os.environ | {"SYSTEMD_PAGER": ""}
    return subprocess.run(["systemd-analyze", *words], check=False, capture_output=True, text=True, env=env)


def test_systemd_understands_it(tmp_path: Path) -> None:
    here = tmp_path / "linea.service"
    here.write_text(UNIT.read_text().replace("/opt/linea/linea", str(ROOT / "linea")))
    done = analyze("verify", str(here))
    said = [line for line in done.stderr.splitlines() if "linea.service" in line]
    assert (done.returncode, said) == (0, [])


def test_it_leaves_the_program_little_of_the_machine() -> None:
    done = analyze("security", "--offline=true", f"--threshold={MOST_EXPOSED}", str(UNIT))
    assert done.returncode == 0, done.stdout


def test_the_documents_put_everything_where_the_unit_looks_for_it() -> None:
    unit, docs = UNIT.read_text(), (ROOT / "docs" / "operations.md").read_text()
    assert "ExecStart=/opt/linea/linea serve --config /var/lib/linea/config.yaml" in unit
    assert "ReadWritePaths=/var/lib/linea" in unit
    for line in (
        "git clone https://github.com/comune/linea-diretta /opt/linea",
        "cp /opt/linea/config.yaml /var/lib/linea/",
        "--home-dir /var/lib/linea --create-home linea",
        "cp /opt/linea/deploy/linea.service /etc/systemd/system/",
    ):
        assert line in docs
