"""The emulator that others wrote (npm `emulate`), and a node that can run it."""

import shutil
import subprocess
from pathlib import Path

from tests import npm
from tests.npm import ToolMissing

HERE = Path(__file__).parent


def install() -> Path:
    """Make sure the emulator is installed as the lock file says; returns its folder."""
    return npm.install(HERE)


def node() -> Path:
    """A node that can run the emulator: the one installed with it, else the machine's if it is new enough."""
    own = install() / "node_modules" / ".bin" / "node"
    if own.exists():
        return own
    found = shutil.which("node")
    script = "process.exit(typeof require('node:module').registerHooks === 'function' ? 0 : 1)"
    if found is None or subprocess.run([found, "-e", script], check=False).returncode != 0:
        raise ToolMissing("The Slack emulator needs node 22.15 or newer: install it and run the tests again.")
    return Path(found)
