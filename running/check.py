"""``./linea check``: the configuration is valid (it was read to get here); does each platform answer?"""

import asyncio
import sys
from pathlib import Path

from running.claims import Claims, claims_of
from running.parts import chats_of, lacking, read_secrets, warn_of_readers
from settings import ConfigError, Secrets, Settings, line_of, read

OFF = "the bridge is off"


def check(settings: Settings, config: Path) -> int:
    """Talk to each platform that has its tokens, once; 1 when something is wrong anywhere."""
    return _check(settings, config, read_secrets(config))


def check_all(offices: dict[str, Path]) -> int:
    """Check each office of an installation, and that none has what is another's; 1 when something is wrong anywhere."""
    claims = Claims()
    wrong = 0
    for name, config in offices.items():
        try:
            loaded = read(config)
            given = Secrets.read(config.parent / ".env", {})
        except ConfigError as error:
            wrong += 1
            for fault in error.faults:
                print(fault, file=sys.stderr)
            continue
        warn_of_readers(config)
        claimed = claims_of(loaded.settings, config, given)
        conflicts = claims.conflicts(name, claimed)
        for words in (*loaded.notes, *conflicts):
            print(words, file=sys.stderr)
        if not conflicts:
            claims.hold(name, claimed)
        ill = conflicts or any(not note.warning for note in loaded.notes)
        wrong += bool(_check(loaded.settings, config, given) or ill)
    print(f"{len(offices) - wrong} of {len(offices)} offices are well")
    return int(wrong > 0)


def _check(settings: Settings, config: Path, given: Secrets) -> int:
    for name, what in lacking(settings, given).items():
        print(f"{name}: {OFF}; it lacks {what}")
    faults = [
        (_key_of(settings, platform, words), words)
        for platform, words in asyncio.run(_ask_platforms(settings, given))
    ]
    for key, words in faults:
        print(f"{config}:{line_of(config, key)}: {key}: {words}", file=sys.stderr)
    if not faults:
        print(f"{config}: all is well")
    return 1 if faults else 0


async def _ask_platforms(settings: Settings, given: Secrets) -> list[tuple[str, str]]:
    """Each fault with the platform it is from."""
    faults: list[tuple[str, str]] = []
    if settings.bridges.slack and given.slack_bot_token and given.slack_app_token:
        from bridges.slack.setup import check as check_slack

        print("Asking Slack ...", file=sys.stderr, flush=True)
        tokens = (given.slack_bot_token.get_secret_value(), given.slack_app_token.get_secret_value())
        faults += [("slack", words) for words in await check_slack(settings, tokens)]
    if settings.bridges.telegram and given.telegram_bot_token:
        from bridges.telegram.setup import check as check_telegram

        print("Asking Telegram ...", file=sys.stderr, flush=True)
        token = given.telegram_bot_token.get_secret_value()
        faults += [("telegram", words) for words in await check_telegram(settings, token)]
    email = settings.bridges.email
    if email and (email.user is None or given.smtp_password):
        from bridges.email.setup import check as check_email

        print("Asking the mail server ...", file=sys.stderr, flush=True)
        password = given.smtp_password.get_secret_value() if given.smtp_password else None
        faults += [("email", words) for words in await check_email(settings, password)]
    return faults


def _key_of(settings: Settings, platform: str, words: str) -> str:
    """The key that a platform's fault is about: the chat it names, else the platform's part."""
    return next(
        (key for key, chat in chats_of(settings, platform) if chat in words),
        f"bridges.{platform}",
    )
