"""The page that a citizen came from, as operators are shown it."""

from urllib.parse import urlsplit


def host_of(page: str) -> str:
    """The host of an address, without anything that could make it look like another; "" where it has none."""
    try:
        return urlsplit(page).hostname or ""
    except ValueError:
        return ""
