"""``config.yaml`` as typed, validated objects, and the secrets beside it."""

from pathlib import Path

from settings.closures import DAYS, Closure, Opening, Season
from settings.faults import ConfigError, Fault
from settings.holidays import Holidays
from settings.hours import Hours
from settings.model import (
    LANGUAGES,
    Bridges,
    Department,
    EmailSettings,
    Limits,
    Office,
    Reply,
    Retention,
    Server,
    Settings,
    SlackDestination,
    SlackSettings,
    TelegramDestination,
    TelegramSettings,
    Waiting,
)
from settings.places import address_in, line_of
from settings.reading import Loaded, load, read
from settings.replies import PLACEHOLDER
from settings.restart import SUBJECT_TO_RESTART, restart_keys
from settings.secrets import Secrets, line_of_secret
from settings.values import Rate, Span, YearDay
from settings.when import When

__all__ = [
    "DAYS",
    "LANGUAGES",
    "PLACEHOLDER",
    "SUBJECT_TO_RESTART",
    "Bridges",
    "Closure",
    "ConfigError",
    "Department",
    "EmailSettings",
    "Fault",
    "Holidays",
    "Hours",
    "Limits",
    "Loaded",
    "Office",
    "Opening",
    "Rate",
    "Reply",
    "Retention",
    "Season",
    "Secrets",
    "Server",
    "Settings",
    "SlackDestination",
    "SlackSettings",
    "Span",
    "TelegramDestination",
    "TelegramSettings",
    "Waiting",
    "When",
    "YearDay",
    "address_in",
    "database_url",
    "line_of",
    "line_of_secret",
    "load",
    "read",
    "restart_keys",
]  # fmt: skip

_SQLITE = "sqlite:///"


def database_url(settings: Settings, folder: Path, secrets: Secrets) -> str:
    """The database's address: ``DATABASE_URL``, else the configuration's.

    A relative SQLite file counts from ``folder``, where the configuration is.
    """
    given = secrets.database_url.get_secret_value() if secrets.database_url else settings.database
    if not given.startswith(_SQLITE):
        return given
    return f"{_SQLITE}{folder.absolute() / given.removeprefix(_SQLITE)}"
