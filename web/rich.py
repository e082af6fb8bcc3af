"""What people wrote, as HTML: marks as elements of a short list, addresses as links, phone numbers kept as they are.

The page's script draws the same (``static/chat/text.js``).
"""

import re
from collections.abc import Iterable

from jinja2.utils import urlize
from markupsafe import Markup

from routing.styled import Mark, runs

_ELEMENTS = {"bold": "b", "italic": "i", "strike": "s", "code": "code", "pre": "code", "quote": "q"}
"""All there is."""
_PARTS = re.compile(r"(https?://\S+|[\w.+-]+@[\w.-]+)|(\+?\d[\d ().\/-]{5,30}\d)", re.ASCII)
"""What may have digits and is an address; and a phone number, which a text from right to left would turn around."""


def shown(text: str, marks: Iterable[Mark] = ()) -> Markup:
    """The text with its marks."""
    whole = Markup()
    for piece, kinds in runs(text, marks):
        part = _with_links(piece)
        for kind in sorted(kinds):
            part = Markup("<{0}>{1}</{0}>").format(Markup(_ELEMENTS[kind]), part)  # noqa: S704 - one of ours
        whole += part
    return whole


def _with_links(text: str) -> Markup:
    parts, rest = [], 0
    for found in _PARTS.finditer(text):
        if found[2]:
            parts += [_linked(text[rest : found.start()]), Markup('<bdi dir="ltr">{}</bdi>').format(found[2])]
            rest = found.end()
    return Markup().join([*parts, _linked(text[rest:])])


def _linked(text: str) -> Markup:
    return Markup(urlize(text, rel="noopener noreferrer nofollow", target="_blank"))  # noqa: S704 - it escapes
