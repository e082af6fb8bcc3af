"""Where a key stands in the file: for whoever finds fault with a value only when it is used."""

from pathlib import Path

from settings.addresses import parse_site
from settings.document import SyntaxFault, parse
from settings.faults import Unfit
from settings.reading import LARGEST


def line_of(path: Path, key: str) -> int:
    """The line of a key such as ``departments.2.slack`` (lists count from 1), or of the nearest above it; else 1."""
    location = tuple(int(part) - 1 if part.isdigit() else part for part in key.split("."))
    try:
        return parse(path.read_text(encoding="utf-8-sig")).key_place(location)[0]
    except (OSError, UnicodeDecodeError, SyntaxFault):  # it was changed meanwhile
        return 1


def address_in(path: Path) -> str | None:
    """The public address that a file names, where it can be told although the file as a whole cannot be used."""
    try:
        if path.is_file() and path.stat().st_size <= LARGEST:
            return parse_site(parse(path.read_text(encoding="utf-8-sig")).value["server"]["public_url"])
    except (OSError, UnicodeDecodeError, SyntaxFault, Unfit, LookupError, TypeError):
        pass
    return None
