"""What of the configuration takes effect only at the next start."""

from settings.model import Settings

SUBJECT_TO_RESTART = (
    "database",
    "server.host",
    "server.port",
    "server.public_url",
    "bridges.slack.api_url",
    "bridges.telegram.api_url",
    "bridges.email",
)
"""Bound at the start: the socket, the database, the cookies' Secure mark, the platforms' clients."""


def restart_keys(old: Settings, new: Settings) -> list[str]:
    """The keys that differ and take effect only at the next start.

    A platform that was added or taken away is named as a whole: ``bridges.slack``.
    """
    found = []
    for key in SUBJECT_TO_RESTART:
        one: object = old
        other: object = new
        path: list[str] = []
        for part in key.split("."):
            if one is None or other is None:
                break
            path.append(part)
            one, other = getattr(one, part), getattr(other, part)
        if (one is None) != (other is None) or (len(path) == len(key.split(".")) and one != other):
            found.append(".".join(path))
    return found
