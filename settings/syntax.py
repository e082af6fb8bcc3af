"""YAML's complaints in words. Nothing of the file is repeated: the line may hold a secret."""

from typing import Any

from ruamel.yaml.error import MarkedYAMLError

from settings.faults import Unfit

_QUOTES = "quotes around a text that begins with it"
_WORDS: tuple[tuple[str, bool, str, str], ...] = (
    # what YAML says, whether the place it began counts, what was found, what was expected
    ("while scanning an alias", False, "a * at the beginning", f'{_QUOTES}, as in "*/anagrafe/*"'),
    ("found undefined alias", False, "a * at the beginning", f'{_QUOTES}, as in "*/anagrafe/*"'),
    ("while scanning an anchor", False, "an & at the beginning", _QUOTES),
    ("found undefined tag handle", False, "an exclamation mark at the beginning", _QUOTES),
    ("that cannot start any token", False, "a sign that cannot begin a text", _QUOTES),
    ("could not find expected ':'", True, "a line without a colon", "a key, a colon and a blank: key: value"),
    (
        "mapping values are not allowed here",
        False,
        "a colon that cannot stand here",
        "one key a line, indented like its neighbours, and quotes around a text with a colon and a blank",
    ),
    (
        "expected <block end>",
        False,
        "an indentation that fits no line above, or a sign that does not belong here",
        "as many blanks at the beginning as the other lines of its group, and nothing after a closing quote",
    ),
    ("expected ',' or '}'", True, "a { without its }", "both, and commas between the keys"),
    ("expected ',' or ']'", True, "a [ without its ]", "both, and commas between the values"),
    (
        "while parsing a flow",
        True,
        "brackets that do not fit together",
        "{ … } and [ … ], with commas between",
    ),
    (
        "found unexpected end of stream",
        True,
        "a quote that is not closed",
        "the same quote at the end of the text",
    ),
    (
        "found unexpected document separator",
        True,
        "a quote that is not closed",
        "the same quote at the end of the text",
    ),
    (
        "found unknown escape character",
        False,
        "a backslash in double quotes",
        "single quotes around a text with a backslash",
    ),
    (
        "hexdecimal numbers",
        False,
        "a backslash in double quotes",
        "single quotes around a text with a backslash",
    ),
    ("but found another document", False, "a second document (after a line ---)", "one document only"),
    (
        "sequence entries are not allowed here",
        False,
        "a - that cannot stand here",
        "a list to begin on its own line",
    ),
)


def complaint(error: MarkedYAMLError, text: str) -> tuple[tuple[int, int], Unfit]:
    """The place of a fault in the syntax (line and column, from 1), and the fault in words."""
    where: Any = error.problem_mark or error.context_mark
    said = f"{error.context or ''}\n{error.problem or ''}"
    lines = text.splitlines() or [""]
    tab = _tab(lines, where.line if where else 0, said)
    if tab is not None:
        return (tab + 1, 1), Unfit(
            "spaces: tabs cannot indent here", found="a tab at the beginning of the line"
        )
    for words, from_its_beginning, found, expected in _WORDS:
        if words in said:
            if from_its_beginning and error.context_mark is not None:
                where = error.context_mark
            return _place(where, lines), Unfit(expected, found=found)
    return _place(where, lines), Unfit(
        "lines such as key: value, each group with the same indentation, quotes and brackets closed",
        found="something that cannot be understood",
    )


def _tab(lines: list[str], line: int, said: str) -> int | None:
    """The line whose indentation has a tab, if that is what the fault is about."""
    for number in (line, line - 1):
        if 0 <= number < len(lines):
            here = lines[number]
            if "\t" in here[: len(here) - len(here.lstrip())]:
                return number
    return line if "'\\t'" in said and line < len(lines) else None


def _place(mark: Any, lines: list[str]) -> tuple[int, int]:
    if mark is None:
        return 1, 1
    return min(mark.line, len(lines) - 1) + 1, mark.column + 1
