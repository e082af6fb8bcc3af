"""Writes ``.env`` and ``config.yaml`` whole or not at all: a running hub may read them at any moment."""

import contextlib
import io
import os
import re
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path

from dotenv.parser import parse_stream

from running.errors import StartError


def must_be_writable(path: Path) -> None:
    """Say so before anybody has typed a token for nothing.

    Raises
    ------
    StartError
        If ``path``, or the folder it is in, cannot be written.
    """
    real = path.resolve()
    if real.exists() and not real.stat().st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH):
        raise StartError(f"{path} is read-only: allow writing (chmod u+w), then call setup again")
    if (real.exists() and not os.access(real, os.W_OK)) or not os.access(real.parent, os.W_OK):
        raise StartError(
            f"{path} cannot be written by this user: call setup as the user it belongs to, with the folder it is in"
        )


def read(path: Path) -> str:
    """The text as it is, with its line ends; empty where there is no such file."""
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return ""


def replace(
    path: Path, text: str, *, like: Path, check: Callable[[Path], object] = lambda path: None
) -> None:
    """Put ``text`` in the file's place, in one step, if ``check`` of the new file raises nothing.

    ``like`` is whose owner it gets, when it is root who sets up; a file that was there keeps its mode, a new
    one is for its owner alone.
    """
    real = path.resolve()
    descriptor, name = tempfile.mkstemp(dir=real.parent, prefix=f".{real.name}.")
    new = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(text.encode("utf-8"))
            file.flush()
            os.fsync(file.fileno())
        check(new)
        if path == like:
            new.chmod(stat.S_IMODE(real.stat().st_mode))
        if os.geteuid() == 0:
            owner = like.stat()
            os.chown(new, owner.st_uid, owner.st_gid)
        new.replace(real)
    finally:
        with contextlib.suppress(FileNotFoundError):
            new.unlink()


def write_secrets(env: Path, values: dict[str, str], *, like: Path) -> None:
    """Set secrets in ``.env``, which is for its owner alone from then on; its other lines stay."""
    replace(env, with_secrets(read(env), values), like=like)


def with_secrets(text: str, values: dict[str, str]) -> str:
    """The text of a ``.env`` with these values in the place of older ones, or at its end."""
    left = dict(values)
    kept = []
    for binding in parse_stream(io.StringIO(text, newline="")):
        if binding.key not in values:
            kept.append(binding.original.string)
        elif binding.key in left:  # a repetition further down would win: it goes
            kept.append(f"{_lead(binding.original.string)}{binding.key}={left.pop(binding.key)}\n")
    whole = "".join(kept)
    if whole and left and not whole.endswith("\n"):
        whole += "\n"
    return whole + "".join(f"{name}={value}\n" for name, value in left.items())


def _lead(line: str) -> str:
    """What stands before the name: blank lines, which the parser counts to what follows them, and ``export``."""
    return re.match(r"\s*(?:export\s+)?", line)[0]  # type: ignore[index]  # it matches anything
