"""``./linea test``: brings what the tests need, then runs linters, types, import contracts and all tests."""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
BIN = ROOT / ".venv" / "bin"

PACKAGES = {"chromium": "chromium", "node": "nodejs", "npm": "npm", "nginx": "nginx"}
"""Programs that the tests use, and the Debian packages that have them."""

FEW = 5
"""As many tests that failed are run again by themselves; where more did, something is broken."""

ON_POSTGRESQL = ["--record", "postgresql", "tests/end_to_end"]
"""What is run once more with the record in PostgreSQL: all that goes through the whole hub."""


def main() -> int:
    """Run everything; the exit status of the first thing that failed, after all had their turn."""
    parser = argparse.ArgumentParser(prog="./linea test")
    parser.add_argument("--long", action="store_true", help="the long forms of the fault tests, too")
    parser.add_argument("--pictures", action="store_true", help="only make the documents' pictures anew")
    parser.add_argument("tests", nargs="*", help="only these, as pytest takes them; no linters then")
    options = parser.parse_args()
    os.chdir(ROOT)
    bring_programs()
    if options.long:
        os.environ["LINEA_LONG_TESTS"] = "1"
    if options.pictures:
        os.environ["LINEA_PICTURES"] = "1"
        options.tests = ["tests/browser/test_browser_states.py"]
    checks = [] if options.tests else static_checks()
    failed = [name for name, command in checks if not run(name, command)]
    passes = (
        {"tests": options.tests} if options.tests else {"tests": [], "tests on PostgreSQL": ON_POSTGRESQL}
    )
    failed += [name for name, words in passes.items() if not all_pass(name, words)]
    print(f"failed: {', '.join(failed)}" if failed else "everything passed", flush=True)
    return 1 if failed else 0


def static_checks() -> list[tuple[str, list[str]]]:
    """What needs no running program."""
    return [
        ("ruff", [str(BIN / "ruff"), "check"]),
        ("format", [str(BIN / "ruff"), "format", "--check"]),
        ("types", [str(BIN / "mypy")]),
        ("import contracts", [str(BIN / "lint-imports")]),
    ]


def bring_programs() -> None:
    """Install what is missing from Debian's packages; say what to do where that cannot be done."""
    missing = sorted({package for program, package in PACKAGES.items() if found(program) is None})
    if not (found("redis-server") or found("valkey-server")):
        missing.append("redis-server")
    if not (shutil.which("initdb") or list(Path("/usr/lib/postgresql").glob("*/bin/initdb"))):
        missing.append("postgresql")  # Debian keeps its programs out of the PATH
    if not missing:
        return
    words = f"the tests need these Debian packages: {' '.join(missing)}"
    if shutil.which("apt-get") is None:
        sys.exit(f"linea: {words}; install them with this system's own tool")
    prefix = [] if os.geteuid() == 0 else ["sudo", "-n"]
    print(f"{words}; installing ...", flush=True)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *missing]):
        done = subprocess.run(
            [*prefix, "apt-get", *command], env=environment, check=False, capture_output=True, text=True
        )
        if done.returncode:
            sys.exit(f"linea: {words}; apt-get said: {done.stderr.strip()[-500:]}")


def found(program: str) -> str | None:
    """Where a program is; Debian keeps servers where only the system's own user looks."""
    return shutil.which(program) or shutil.which(program, path="/usr/sbin")


def all_pass(name: str, words: list[str]) -> bool:
    """Whether all tests pass, some of them perhaps only by themselves: then the output has both, and it is a defect."""
    pytest = [str(BIN / "python"), "-m", "pytest", *words]
    if run(name, [*pytest, "--cache-clear"]):
        return True
    failures = ROOT / ".pytest_cache" / "v" / "cache" / "lastfailed"
    if not failures.exists() or len(names := json.loads(failures.read_text())) > FEW:
        return False
    print(f"── {name}: once more by themselves: {', '.join(names)}", flush=True)
    return run(f"{name}, those that failed", [*pytest, "--last-failed", "--last-failed-no-failures", "none"])


def run(name: str, command: list[str]) -> bool:
    """Run one check, saying which and how long it took."""
    print(f"── {name}", flush=True)
    begun = time.monotonic()
    passed = subprocess.run(command, check=False).returncode == 0
    print(f"── {name}: {'passed' if passed else 'FAILED'} in {time.monotonic() - begun:.0f} s", flush=True)
    return passed


if __name__ == "__main__":
    sys.exit(main())
