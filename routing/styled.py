"""How pieces of a text are shown: one small representation that every platform and the citizen's page understand.

A text is always the plain text. Beside it stand marks, ``[start, end, kind]`` in characters: what does not
know a mark, or all of them, still shows every letter.
"""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

KINDS = ("bold", "italic", "strike", "code", "pre", "quote")
"""All there is: what Slack and Telegram both have, and a page can show without any address or script."""
MOST = 200
"""Marks in one text; what is beyond is shown plain."""

Mark = tuple[int, int, str]


def marks_of(data: dict[str, Any], text: str) -> tuple[Mark, ...]:
    """The marks that an entry's data has for its text; whatever is not one is left out."""
    found = data.get("marks")
    result = []
    for mark in found if isinstance(found, list) else []:
        if isinstance(mark, list) and len(mark) == 3 and mark[2] in KINDS:
            start, end = mark[0], mark[1]
            if isinstance(start, int) and isinstance(end, int) and 0 <= start < end <= len(text):
                result.append((start, end, str(mark[2])))
    return tuple(result[:MOST])


def in_data(marks: Iterable[Mark]) -> dict[str, object]:
    """The marks as an entry's data keeps them; nothing where there are none."""
    kept = [list(mark) for mark in marks][:MOST]
    return {"marks": kept} if kept else {}


def shifted(marks: Iterable[Mark], by: int) -> tuple[Mark, ...]:
    """The marks of a text that lost its first ``by`` characters."""
    moved = ((max(0, start - by), end - by, kind) for start, end, kind in marks)
    return tuple(mark for mark in moved if mark[0] < mark[1])


def runs(text: str, marks: Iterable[Mark]) -> Iterator[tuple[str, frozenset[str]]]:
    """The text in pieces, each with the kinds that cover it; put together they are the text."""
    inside = [(max(0, start), min(len(text), end), kind) for start, end, kind in marks]
    edges = sorted(
        {0, len(text), *(edge for start, end, _ in inside if start < end for edge in (start, end))}
    )
    for start, end in pairwise(edges):
        kinds = {kind for first, last, kind in inside if first <= start and end <= last}
        yield text[start:end], frozenset(kinds)
