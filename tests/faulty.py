"""Configuration files that are wrong, and what an administrator is told of them."""

from pathlib import Path

import pytest

from settings import ConfigError, Fault, load

START = "office: {name: URP}\nhours: {mon: 08:30-13:00}\n"
"""Two lines that are right; a test's own begin in line 3."""


def faults_in(folder: Path, text: str | bytes) -> list[Fault]:
    """What is wrong with a file of this content; it must be something."""
    path = folder / "config.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(ConfigError) as refused:
        load(path)
    return refused.value.faults


def told(folder: Path, text: str | bytes) -> list[str]:
    """The same as an administrator reads it, without the folder and the column at the end."""
    return [
        str(fault).removeprefix(f"{folder}/").removesuffix(f" (column {fault.column})")
        for fault in faults_in(folder, text)
    ]
