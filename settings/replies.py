"""What a ready answer may say: words, and in braces what is filled in for each citizen."""

import difflib
import re

from settings.faults import Unfit
from settings.wording import parse_wording

LONGEST_TEXT = 4000
"""Characters of a ready answer: as many as a message may have."""
PLACEHOLDERS = ("name", "hours", "office")
"""What a ready answer may leave open: the citizen's name, today's hours, the office's name."""
PLACEHOLDER = re.compile(r"\{(\w+)\}")

_parse = parse_wording(LONGEST_TEXT)


def parse_reply(value: object) -> object:
    """A text, or one for each language, with no word in braces that nobody fills in."""
    wording = _parse(value)
    for text in [wording] if isinstance(wording, str) else wording.values():
        for name in PLACEHOLDER.findall(text):
            if name not in PLACEHOLDERS:
                near = difflib.get_close_matches(name.casefold(), PLACEHOLDERS, n=1, cutoff=0.5)
                hint = f" (did you mean {{{near[0]}}}?)" if near else ""
                known = ", ".join(f"{{{one}}}" for one in PLACEHOLDERS)
                raise Unfit(f"in braces only {known}{hint}", found=f"{{{name}}}")
    return wording
