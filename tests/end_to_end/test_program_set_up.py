"""``./linea`` on a machine that has nothing: the environment it makes, and what it says where it cannot.

The lock file here asks for no packages, and the program prints its words: what is proved is the setting up.
"""

import os
import pty
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.program import ROOT

NEEDED = "needed-by-nobody==1.0 \\\n    --hash=sha256:" + "0" * 64 + "\n"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """The program in a folder whose name has a space and an accent."""
    place = tmp_path / "città di prova"
    (place / "running").mkdir(parents=True)
    shutil.copy(ROOT / "linea", place)
    shutil.copy(ROOT / "running" / "set_up.py", place / "running")
    (place / "requirements.lock").write_text("# nothing\n")
    (place / "app.py").write_text("import sys\nprint('the program:', *sys.argv[1:])\n")
    return place


def environment(**more: str) -> dict[str, str]:
    """Nothing of this machine's own settings for pip, and an index that is not there."""
    found = {key: value for key, value in os.environ.items() if not key.startswith(("PIP_", "PYTHON"))}
    return found | {"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": "http://127.0.0.1:9/simple"} | more


def call(program: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Call it with a plain shell."""
    return subprocess.run(
        ["/bin/sh", str(program), *words],
        env=environment(**{"PYTHON": sys.executable} | more), cwd="/", capture_output=True, text=True, timeout=120,
        check=False,
    )  # fmt: skip


def test_the_first_call_sets_up_and_the_next_does_not(place: Path) -> None:
    first = call(place / "linea", "hours", "--config", "a b")
    assert (first.returncode, first.stdout) == (0, "the program: hours --config a b\n")
    assert first.stderr.startswith("Setting up")
    assert "\r" not in first.stderr
    assert call(place / "linea", "hours").stderr == ""


def test_it_may_be_called_through_symbolic_links(place: Path) -> None:
    (place.parent / "bin").mkdir()
    (place.parent / "bin" / "direct").symlink_to(place / "linea")
    (place.parent / "bin" / "linea").symlink_to("direct")
    assert call(place.parent / "bin" / "linea", "hours").stdout == "the program: hours\n"
    assert (place / ".venv").is_dir()


def test_help_and_words_that_are_no_command_need_no_setting_up(place: Path) -> None:
    assert call(place / "linea").stdout == "the program: --help\n"
    assert call(place / "linea", "frobnicate").stdout == "the program: frobnicate\n"
    assert not (place / ".venv").exists()


def test_two_calls_at_once_set_up_once(place: Path) -> None:
    calls = [
        subprocess.Popen(
            ["/bin/sh", str(place / "linea"), "hours"],
            env=environment(PYTHON=sys.executable), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for _ in range(3)
    ]  # fmt: skip
    ended = [call.communicate(timeout=120) for call in calls]
    assert [call.returncode for call in calls] == [0, 0, 0]
    assert {out for out, _ in ended} == {"the program: hours\n"}
    assert sum("Setting up" in errors for _, errors in ended) == 1


def test_what_an_interrupted_call_left_is_made_anew(place: Path) -> None:
    assert call(place / "linea", "hours").returncode == 0
    (place / ".venv" / ".unfinished").touch()
    (place / ".venv" / "half-a-package").touch()
    again = call(place / "linea", "hours")
    assert (again.returncode, again.stdout) == (0, "the program: hours\n")
    assert not (place / ".venv" / "half-a-package").exists()


def test_a_folder_that_was_moved_and_a_lock_that_was_changed_are_followed(place: Path) -> None:
    assert call(place / "linea", "hours").returncode == 0
    moved = place.rename(place.parent / "elsewhere")
    assert "Setting up" in call(moved / "linea", "hours").stderr
    (moved / "requirements.lock").write_text("# nothing, in other words\n")
    assert "Setting up" in call(moved / "linea", "hours").stderr
    assert call(moved / "linea", "hours").stderr == ""


def test_an_environment_made_for_tests_serves_too(place: Path) -> None:
    (place / "requirements-dev.lock").write_text("# nothing, for tests\n")
    (place / "tests").mkdir()
    (place / "tests" / "run.py").write_text("print('tests')\n")
    assert "Setting up" in call(place / "linea", "test").stderr
    assert call(place / "linea", "hours").stderr == ""


def test_the_lock_file_for_tests_has_every_package_of_the_other() -> None:
    other, for_tests = (
        set(re.findall(r"^[\w.-]+==[^ ;]+", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE))
        for name in ("requirements.lock", "requirements-dev.lock")
    )
    assert other
    assert other <= for_tests


def test_without_a_network_it_says_so_and_can_be_called_again(place: Path) -> None:
    (place / "requirements.lock").write_text(NEEDED)
    ran = call(place / "linea", "serve")
    assert ran.returncode == 1
    assert "cannot be reached. Is this machine on line?" in ran.stderr
    assert "Traceback" not in ran.stderr
    (place / "requirements.lock").write_text("# nothing\n")
    assert call(place / "linea", "hours").stdout == "the program: hours\n"


def test_an_environment_that_somebody_else_made_is_left_alone(place: Path) -> None:
    (place / ".venv").mkdir()
    (place / ".venv" / "mine").touch()
    ran = call(place / "linea", "serve")
    assert ran.returncode == 1
    assert "was made by something else: move it away" in ran.stderr
    assert (place / ".venv" / "mine").exists()


def only(place: Path, python: str) -> str:
    """A PATH on which this is the only Python."""
    tools = place.parent / "tools"
    tools.mkdir()
    for name in ("basename", "cat", "cmp", "dirname", "readlink"):
        found = shutil.which(name)
        assert found is not None
        (tools / name).symlink_to(found)
    (tools / "python3").write_text(f"#!/bin/sh\n{python}\n")
    (tools / "python3").chmod(0o755)
    return str(tools)


def test_without_a_python_that_is_new_enough_it_says_which_is_needed(place: Path) -> None:
    ran = call(place / "linea", "serve", PYTHON="python3", PATH=only(place, "exit 1"))
    assert ran.returncode == 1
    assert ran.stderr.startswith("linea: Python 3.11 or newer is needed and was not found.")


def test_without_the_venv_module_it_says_how_to_get_it(place: Path) -> None:
    lacking = f"""[ "$1" = -I ] || exec {sys.executable} "$@"
script=$2; shift 2
exec {sys.executable} -c 'import runpy, sys; sys.modules["ensurepip"] = None; sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")' "$script" "$@"
"""
    ran = call(place / "linea", "serve", PYTHON="python3", PATH=only(place, lacking))
    assert ran.returncode == 1
    assert (
        ran.stderr
        == "linea: Python's venv module is missing. On Debian or Ubuntu: sudo apt install python3-venv\n"
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_where_it_may_not_write_it_says_who_may(place: Path) -> None:
    place.chmod(0o500)
    try:
        ran = call(place / "linea", "serve")
    finally:
        place.chmod(0o700)
    assert ran.returncode == 1
    assert "this user may not write there" in ran.stderr


def test_on_a_terminal_the_progress_is_one_line(place: Path) -> None:
    terminal, ours = pty.openpty()
    with subprocess.Popen(
        ["/bin/sh", str(place / "linea"), "hours"],
        env=environment(PYTHON=sys.executable), stdout=subprocess.DEVNULL, stderr=ours,
    ) as program:  # fmt: skip
        os.close(ours)
        shown = b""
        try:
            while piece := os.read(terminal, 4096):
                shown += piece
        except OSError:  # how a terminal says that nobody writes any more
            pass
    os.close(terminal)
    assert program.returncode == 0
    assert shown.startswith(b"Setting up")
    assert shown.endswith(b"\r\x1b[K")
