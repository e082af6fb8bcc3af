"""Secrets: from the environment or a ``.env`` file, never from ``config.yaml``, never into a log."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values
from pydantic import BaseModel, ConfigDict, SecretStr

from settings.faults import ConfigError, Fault


class Secrets(BaseModel):
    """What must not be written down in the configuration. ``None``: not set, or empty."""

    model_config = ConfigDict(frozen=True)

    slack_bot_token: SecretStr | None = None
    slack_app_token: SecretStr | None = None
    telegram_bot_token: SecretStr | None = None
    smtp_password: SecretStr | None = None
    database_url: SecretStr | None = None
    redis_url: SecretStr | None = None
    secret_key: SecretStr | None = None

    @classmethod
    def read(cls, env_file: Path, environment: Mapping[str, str] = os.environ) -> "Secrets":
        """The secrets from ``env_file`` (which need not exist) and the environment, which wins.

        Raises
        ------
        ConfigError
            If the file is there and cannot be read.
        """
        from_file = _file(env_file)
        found = {}
        for name in cls.model_fields:
            value = (environment.get(name.upper()) or from_file.get(name.upper()) or "").strip()
            if value:
                found[name] = SecretStr(value)
        return cls(**found)


def line_of_secret(env_file: Path, name: str) -> int:
    """The line on which ``env_file`` gives a secret; else 1."""
    try:
        text = env_file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):  # it was changed meanwhile
        return 1
    found = re.search(rf"^[ \t]*(?:export[ \t]+)?{name}[ \t]*=", text, re.MULTILINE)
    return text.count("\n", 0, found.start()) + 1 if found else 1


def _file(path: Path) -> dict[str, str | None]:
    try:
        # Taken as it is written: a password may hold a dollar sign.
        return dotenv_values(path, encoding="utf-8-sig", interpolate=False) if path.is_file() else {}
    except UnicodeDecodeError:
        fault = Fault(
            str(path), 1, 1, "", "a character that is not UTF-8", "text saved with the encoding UTF-8"
        )
    except OSError as error:
        words = (error.strerror or "an error").lower()
        fault = Fault(str(path), 1, 1, "", f"that it cannot be read ({words})", "a file this user may read")
    raise ConfigError([fault])
