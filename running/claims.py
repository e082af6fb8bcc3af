"""What each office of an installation has for itself alone: address, record, key, bots, channels and groups.

Whatever two offices shared would lead from one into the other: a bot that both listen to hands each only some of
what operators write, a key that both sign with makes one's sessions good at the other.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import make_url

from models.identity import written_identity
from running.parts import chats_of, data_folder, key_file
from settings import Secrets, Settings, database_url, line_of, line_of_secret


@dataclass(frozen=True, slots=True)
class Claim:
    """One thing an office has for itself; ``what`` is a digest, for it may be a secret."""

    what: str
    file: Path
    key: str
    found: str
    expected: str

    def against(self, other: str) -> str:
        """That another office has it already, and where that is to be changed."""
        line = line_of_secret(self.file, self.key) if self.file.name == ".env" else 1
        if self.file.suffix == ".yaml":
            line = line_of(self.file, self.key)
        return (
            f"{self.file}:{line}: {self.key}: found {self.found}, which the office “{other}” has already, "
            f"expected {self.expected}"
        )


class Claims:
    """Who has what. The first to claim a thing keeps it until it lets go."""

    def __init__(self) -> None:
        self._holders: dict[str, str] = {}

    def conflicts(self, office: str, claims: list[Claim]) -> list[str]:
        """What of it another office has, in words."""
        found = []
        for claim in claims:
            holder = self._holders.get(claim.what, office)
            if holder != office:
                found.append(claim.against(holder))
        return found

    def hold(self, office: str, claims: list[Claim]) -> None:
        """From now on the office has these, which are free or its own, and no others."""
        self.let_go(office)
        self._holders.update((claim.what, office) for claim in claims)

    def let_go(self, office: str) -> None:
        """Whatever it had is free."""
        self._holders = {what: holder for what, holder in self._holders.items() if holder != office}


def claims_of(settings: Settings, config: Path, given: Secrets) -> list[Claim]:
    """All that an office claims, as far as its files say it. Reads some, so it is not for the loop."""
    return [
        _claim("address", settings.server.public_url, config, "server.public_url", "an address of its own"),
        *_of_record(settings, config, given),
        *_of_platforms(settings, config, given),
    ]


def of_postgresql(identity: str, config: Path) -> Claim:
    """The claim to a database, by what PostgreSQL says of it."""
    env = config.parent / ".env"
    return _claim("record", identity, env, "DATABASE_URL", "a database of its own", "a database")


def _of_record(settings: Settings, config: Path, given: Secrets) -> Iterator[Claim]:
    env = config.parent / ".env"
    url = database_url(settings, config.parent, given)
    folder = data_folder(url, config)
    where = (env, "DATABASE_URL") if given.database_url else (config, "database")
    expected = "a database of its own"
    yield _claim("record", written_identity(make_url(url)), *where, expected, "a database")
    yield _claim("folder", str(folder.resolve()), *where, "one in a folder of its own", "a data folder")
    if given.secret_key is not None:
        key = given.secret_key.get_secret_value()
        yield _claim("key", key, env, "SECRET_KEY", "one of its own", "a key")
    elif (path := key_file(folder)).is_file():
        key = path.read_text().strip()
        yield _claim(
            "key", key, path, "the key", "no such file where the office is new: one is made", "a key"
        )


def _of_platforms(settings: Settings, config: Path, given: Secrets) -> Iterator[Claim]:
    """Bots and chats: two bots in one group would both obey the commands that operators give there."""
    env = config.parent / ".env"
    slack, telegram = settings.bridges.slack, settings.bridges.telegram
    if slack and given.slack_bot_token and given.slack_app_token:
        bot, app = given.slack_bot_token.get_secret_value(), given.slack_app_token.get_secret_value()
        parts = app.split("-")
        app = parts[2] if len(parts) > 3 else app  # xapp-1-A0123456789-…: an app may have several tokens
        expected = "those of a Slack app of its own"
        yield _claim("slack bot", f"{slack.api_url} {bot}", env, "SLACK_BOT_TOKEN", expected, "a token")
        yield _claim("slack app", f"{slack.api_url} {app}", env, "SLACK_APP_TOKEN", expected, "a token")
        for key, channel in chats_of(settings, "slack"):
            what = f"{slack.api_url} {channel}"
            yield _claim("slack channel", what, config, key, "a channel of its own", channel)
    if telegram and given.telegram_bot_token:
        bot = given.telegram_bot_token.get_secret_value().partition(":")[0]
        what = f"{telegram.api_url} {bot}"
        yield _claim("telegram bot", what, env, "TELEGRAM_BOT_TOKEN", "that of a bot of its own", "a token")
        for key, chat in chats_of(settings, "telegram"):
            what = f"{telegram.api_url} {chat}"
            yield _claim("telegram chat", what, config, key, "a group of its own", chat)


def _claim(kind: str, what: str, file: Path, key: str, expected: str, found: str | None = None) -> Claim:
    digest = hashlib.sha256(f"{kind}\0{what}".encode()).hexdigest()
    return Claim(digest, file, key, found or what, expected)
