"""Lighthouse itself, on the demo page and on the chat page: full marks for all that does not depend on the machine.

How fast this machine draws a page is no matter of a test; what makes pages slow everywhere is.
"""

import asyncio
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests import npm
from tests.hub import RunningHub

pytestmark = pytest.mark.asyncio(loop_scope="session")

MEASURED = {
    "first-contentful-paint", "largest-contentful-paint", "speed-index", "total-blocking-time", "interactive",
    "max-potential-fid", "server-response-time", "mainthread-work-breakdown", "bootup-time",
    "document-latency-insight", "lcp-breakdown-insight", "network-dependency-tree-insight",
    "forced-reflow-insight", "long-tasks", "render-blocking-insight", "render-blocking-resources",
    "lcp-discovery-insight", "inp-breakdown-insight", "cls-culprits-insight",
}  # fmt: skip
"""Audits that time this machine; the budgets of bytes have a test of their own."""
CHOSEN = {"uses-long-cache-ttl", "cache-insight"}
"""Browsers keep our files for five minutes, then ask: so an update reaches every page of the town within that time."""
PATIENCE = 240


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def lighthouse() -> Path:
    """Lighthouse's program."""
    folder = await asyncio.to_thread(npm.install, Path(__file__).parent / "lighthouse")
    return folder / "node_modules" / "lighthouse" / "cli" / "index.js"


async def report(lighthouse: Path, url: str, folder: Path) -> dict[str, Any]:
    """What Lighthouse finds."""
    node, chromium = shutil.which("node"), shutil.which("chromium")
    assert node and chromium
    flags = ["--headless=new", "--disable-gpu", "--disable-background-networking"]
    if os.geteuid() == 0:  # Chromium refuses its sandbox to root
        flags.append("--no-sandbox")
    program = await asyncio.create_subprocess_exec(
        node, str(lighthouse), url, "--quiet", "--output=json", f"--output-path={folder / 'report.json'}",
        "--only-categories=performance,best-practices", f"--chrome-flags={' '.join(flags)}",
        "--no-enable-error-reporting",
        env={**os.environ, "CHROME_PATH": chromium, "HOME": str(folder)},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        async with asyncio.timeout(PATIENCE):
            said, _ = await program.communicate()
    finally:
        if program.returncode is None:
            program.kill()
    assert program.returncode == 0, said.decode()
    found: dict[str, Any] = json.loads((folder / "report.json").read_text())
    return found


@pytest.mark.parametrize("path", ["/", "/chat?lang=it"])
async def test_nothing_is_left_that_is_ours_to_decide(
    path: str, office: RunningHub, lighthouse: Path, tmp_path: Path
) -> None:
    found = await report(lighthouse, f"{office.url}{path}", tmp_path)
    assert found.get("runtimeError") is None
    faults = {}
    for category in found["categories"].values():
        assert category["auditRefs"]
        for reference in category["auditRefs"]:
            audit = found["audits"][reference["id"]]
            if audit["id"] not in MEASURED | CHOSEN and audit["score"] is not None and audit["score"] < 1:
                faults[audit["id"]] = f"{audit['title']} {audit.get('displayValue', '')}"
    assert faults == {}
    assert found["categories"]["best-practices"]["score"] == 1
