"""What is wrong with a configuration, in words that need no programmer."""

from dataclasses import dataclass


class Unfit(ValueError):
    """A value that cannot be used. ``expected`` says what can; ``found``, where the value does not say it."""

    def __init__(self, expected: str, found: str | None = None) -> None:
        super().__init__(f"expected {expected}")
        self.expected = expected
        self.found = found


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong, and where. Lines and columns count from 1; no ``key``: the whole file.

    ``found`` and ``expected`` are phrases: "found …, expected …".
    """

    file: str
    line: int
    column: int
    key: str
    found: str
    expected: str
    warning: bool = False
    """Nothing is wrong with the file, but it hardly means what it says."""

    def __str__(self) -> str:
        key = f"{self.key}: " if self.key else ""
        only = "; only a warning" if self.warning else ""
        whole = not self.key and self.column == 1
        where = "" if whole else f" (column {self.column}{only})"
        return f"{self.file}:{self.line}: {key}found {self.found}, expected {self.expected}{where}"


class ConfigError(Exception):
    """The configuration cannot be used; ``faults`` says why, all at once, in the order of the file."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults
