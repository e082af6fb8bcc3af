"""The parts that commands share: secrets, the database's address, the data folder, the platforms."""

import contextlib
import fcntl
import logging
import os
import re
import secrets
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.engine import make_url

from models.carrying import is_unfinished
from models.engine import writer_engine
from models.errors import advice_on
from models.migrate import migrate
from running.errors import StartError
from settings import Bridges, Department, Secrets, Settings

if TYPE_CHECKING:
    from routing.bridge import Bridge
    from routing.hub import Hub

log = logging.getLogger("linea")

_OURS = re.compile(r".*\.db(-wal|-shm|-journal)?|files|lock|secret_key|restoring|replaced-[\d-]+")
"""What a data folder holds."""


def read_secrets(config: Path) -> Secrets:
    """The secrets from the environment, or from ``.env`` beside the configuration; said where others may read it."""
    given = Secrets.read(config.parent / ".env")
    warn_of_readers(config)
    return given


def warn_of_readers(config: Path) -> None:
    """Say where others may read the secrets beside the configuration."""
    path = config.parent / ".env"
    if path.is_file() and path.stat().st_mode & 0o077:
        log.warning(
            "%s is open to other users of this machine: %s", path, shlex.join(["chmod", "600", str(path)])
        )


def data_folder(url: str, config: Path) -> Path:
    """Where files and the key live: beside the SQLite database, else ``data`` beside the configuration."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        return Path(parsed.database).parent
    return config.parent / "data"


def prepare_folder(folder: Path) -> None:
    """Make the data folder, readable by this user alone.

    Raises
    ------
    StartError
        If it cannot be made or written.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _close(folder)
    except OSError as error:
        raise StartError(f"the data folder {folder} cannot be used: {error.strerror}") from error
    if not os.access(folder, os.W_OK):
        raise StartError(
            f"the data folder {folder} cannot be written by this user: {_give(folder)}, "
            "or choose another place with database: in the configuration"
        )


def _close(folder: Path) -> None:
    """Take away others' rights to a folder that holds nothing but our data."""
    status = folder.stat()
    if status.st_uid != os.getuid() or not status.st_mode & 0o077:
        return
    others = [path.name for path in folder.iterdir() if not _OURS.fullmatch(path.name)]
    if others:
        log.warning(
            "%s is open to other users and holds other things too (%s): give the data a folder of its own",
            folder,
            others[0],
        )
    else:
        folder.chmod(0o700)


def _give(path: Path) -> str:
    return shlex.join(["sudo", "chown", "-R", str(os.getuid()), str(path)])


def hold_alone(folder: Path) -> int:
    """A lock that ends with the process: two hubs on one database would deliver everything twice.

    Raises
    ------
    StartError
        If another hub holds it.
    """
    try:
        descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except PermissionError:
        raise StartError(f"{folder} holds another user's files: {_give(folder)}") from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise StartError(f"another Linea Diretta is running on {folder}: stop it first") from None
    return descriptor


def key_file(folder: Path) -> Path:
    """Where a key that was made is kept."""
    return folder / "secret_key"


def secret_key(given: Secrets, folder: Path) -> str:
    """``SECRET_KEY``, or one made at the first start and kept in the data folder."""
    if given.secret_key is not None:
        return given.secret_key.get_secret_value()
    path = key_file(folder)
    if not path.exists():
        new = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32))
        with contextlib.suppress(FileExistsError):  # another hub on this folder was first
            os.link(new, path)
        new.unlink()
    return path.read_text().strip()


def open_database(url: str) -> None:
    """Bring the database to this version's shape.

    Raises
    ------
    StartError
        If it cannot be opened or is damaged.
    """
    engine = writer_engine(url)
    try:
        if is_unfinished(engine):
            raise StartError(
                f"a move into {make_url(url).render_as_string(hide_password=True)} was broken off: "
                "call ./linea move again, with the configuration as it was before"
            )
        migrate(engine)
    except StartError:
        raise
    except Exception as error:
        cause = getattr(error, "orig", None) or error
        where = make_url(url).render_as_string(hide_password=True)
        if "Can't locate revision" in str(error):
            cause = "a newer version of this program has written it: use that version, or restore a backup"
        raise StartError(f"the database {where} cannot be used: {cause}{advice_on(cause)}") from error
    finally:
        engine.dispose()


def lacking(settings: Settings, given: Secrets) -> dict[str, str]:
    """Which platforms stay off, and in words what each of them lacks."""
    slack, telegram = settings.bridges.slack, settings.bridges.telegram
    needed: dict[str, dict[str, object]] = {
        "slack": {
            "SLACK_BOT_TOKEN": given.slack_bot_token,
            "SLACK_APP_TOKEN": given.slack_app_token,
            "bridges.slack in config.yaml": slack,
        },
        "telegram": {
            "TELEGRAM_BOT_TOKEN": given.telegram_bot_token,
            "bridges.telegram in config.yaml": telegram,
        },
    }
    if settings.bridges.email and settings.bridges.email.user:
        needed["email"] = {"SMTP_PASSWORD": given.smtp_password}
    missing = {name: [key for key, value in keys.items() if value is None] for name, keys in needed.items()}
    return {name: _listed(keys) for name, keys in missing.items() if keys}


def chats_of(settings: Settings, platform: str) -> Iterator[tuple[str, str]]:
    """Every chat of a platform with the key it stands at."""
    parts: list[tuple[str, Bridges | Department]] = [("bridges", settings.bridges)]
    parts += [(f"departments.{number}", part) for number, part in enumerate(settings.departments, 1)]
    for above, part in parts:
        if platform == "slack" and part.slack is not None:
            yield f"{above}.slack.channel", part.slack.channel
        elif platform == "telegram" and part.telegram is not None:
            yield f"{above}.telegram.chat", str(part.telegram.chat)


def _listed(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if words[1:] else words)


def build_bridges(settings: Settings, given: Secrets, hub: "Hub") -> "list[Bridge]":
    """The platforms that have all they need."""
    built: list[Bridge] = []
    slack, telegram = settings.bridges.slack, settings.bridges.telegram
    if slack and given.slack_bot_token and given.slack_app_token:
        from bridges.slack.bridge import SlackBridge

        tokens = (given.slack_bot_token.get_secret_value(), given.slack_app_token.get_secret_value())
        built.append(SlackBridge(hub, slack, *tokens))
    if telegram and given.telegram_bot_token:
        from bridges.telegram.bridge import TelegramBridge

        built.append(TelegramBridge(hub, telegram, given.telegram_bot_token.get_secret_value()))
    email = settings.bridges.email
    if email and (email.user is None or given.smtp_password):
        from bridges.email.bridge import EmailBridge

        password = given.smtp_password.get_secret_value() if given.smtp_password else None
        built.append(EmailBridge(hub, email, password))
    return built
