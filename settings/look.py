"""The ``widget`` of ``config.yaml``: the button's colours and place, and the town's logo.

Colours that cannot be read on each other are a fault: WCAG 2.2 asks for a contrast of 4.5 to 1 (criterion 1.4.3).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator

from settings.faults import Unfit
from settings.part import Misfit, Part, written

RED = "#b3122b"
WHITE = "#ffffff"
BLACK = "#000000"
NEEDED_CONTRAST = 4.5
SIDES = ("right", "left")
LARGEST_LOGO = 50 * 1024
"""Bytes: a town's shield as SVG has five or ten thousand."""
_KINDS = {".svg": "image/svg+xml", ".png": "image/png", ".webp": "image/webp"}
_BEGIN = {
    ".png": rb"\x89PNG\r\n\x1a\n",
    ".webp": rb"RIFF....WEBP",
    ".svg": rb"(?:\xef\xbb\xbf)?\s*<(?:svg|\?xml|!)",
}


@dataclass(frozen=True, slots=True)
class Logo:
    """A picture beside ``config.yaml``; without ``content`` while it cannot be read."""

    file: str
    kind: str
    content: bytes = b""


def parse_colour(value: object) -> str:
    """``"#b3122b"`` or ``"#b12"``, as the longer of the two."""
    match = (
        re.fullmatch(r"#([0-9a-f]{3}|[0-9a-f]{6})", value.strip().lower()) if isinstance(value, str) else None
    )
    if match is None:
        raise Unfit(f'a colour as # and six figures from 0 to f, in quotes: "{RED}"')
    figures = match[1]
    return f"#{figures if len(figures) == 6 else ''.join(2 * figure for figure in figures)}"


def parse_side(value: object) -> str:
    """``right`` or ``left``."""
    if value not in SIDES:
        raise Unfit(" or ".join(SIDES))
    return str(value)


def parse_logo(value: object) -> Logo:
    """A file's name; it is read later, so that one that is broken keeps nothing from working."""
    if isinstance(value, Logo):
        return value
    kind = _KINDS.get(Path(value.strip()).suffix.lower()) if isinstance(value, str) else None
    if not isinstance(value, str) or kind is None or "://" in value or not value.strip().isprintable():
        raise Unfit("a picture beside this file: .svg, .png or .webp, such as logo.svg")
    return Logo(value.strip(), kind)


def read_logo(path: Path) -> bytes:
    """What is in the file.

    Raises
    ------
    Unfit
        If it is not there, or not such a picture.
    """
    try:
        size = path.stat().st_size
        if size > LARGEST_LOGO:
            raise Unfit(f"a picture of at most {LARGEST_LOGO // 1024} KiB", found=f"{size // 1024} KiB")
        content = path.read_bytes()
    except OSError as error:
        words = (error.strerror or "an error").lower()
        raise Unfit(
            "a file that is there and may be read", found=f"that it cannot be read ({words})"
        ) from None
    suffix = path.suffix.lower()
    if re.match(_BEGIN[suffix], content, re.DOTALL) is None:
        raise Unfit(f"a picture in the format that its name says ({suffix})", found="something else")
    return content


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours by WCAG, from 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def unreadable_pair(value: Any) -> Iterator[Misfit]:
    """The button's two colours, where its text could not be read."""
    if not isinstance(value, dict):
        return
    try:
        colour, text = parse_colour(value.get("color", RED)), parse_colour(value.get("text_color", WHITE))
    except Unfit:  # reported at its own key
        return
    found = contrast(colour, text)
    if found >= NEEDED_CONTRAST:
        return
    better, ratio = max(((one, contrast(colour, one)) for one in (WHITE, BLACK)), key=lambda pair: pair[1])
    key = "text_color" if "text_color" in value else "color"
    yield (
        (key,),
        Unfit(
            f'a contrast of at least {NEEDED_CONTRAST} to 1 (text_color: "{better}" would have {_rounded(ratio)})',
            found=f"{text} on {colour}, a contrast of {_rounded(found)} to 1",
        ),
    )


def _rounded(ratio: float) -> str:
    """Rounded down: 4.49 is not enough, and is not to look as if it were."""
    return f"{int(ratio * 100) / 100:.2f}"


_COLOUR = written(pattern="^#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$")


class Look(Part):
    """How the button looks, and where it stands."""

    color: Annotated[str, BeforeValidator(parse_colour), _COLOUR] = RED
    text_color: Annotated[str, BeforeValidator(parse_colour), _COLOUR] = WHITE
    position: Annotated[str, BeforeValidator(parse_side), written(enum=list(SIDES))] = "right"
    logo: Annotated[Logo, BeforeValidator(parse_logo), written(pattern=r"\.(svg|png|webp)$")] | None = None
