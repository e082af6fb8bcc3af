"""The command itself: the steps of one platform, then what was found is written down."""

import signal
from pathlib import Path

from running.errors import StartError
from running.parts import read_secrets
from running.wizard import files
from running.wizard.config_file import NotEdited, Values, lines_for, with_bridge
from running.wizard.dialogue import Dialogue, Stopped
from running.wizard.tokens import Tokens
from settings import Settings, load

_INTERRUPTED = 130
_BYTE_ORDER_MARK = "\ufeff"


def set_up(settings: Settings, config: Path, platform: str, api_url: str | None) -> int:
    """Lead through it; the exit status.

    Raises
    ------
    StartError
        If the files could not be written in the end.
    """
    env = config.parent / ".env"
    for path in (config, env):
        files.must_be_writable(path)
    talk = Dialogue(settings.office.language)
    # A terminal that does not show what is typed is put right again on the way out.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        talk.say("begin", platform=platform.capitalize())
        values = (_slack if platform == "slack" else _telegram)(talk, settings, config, api_url)
        _write(talk, config, platform, values)
        talk.say("done")
    except (Stopped, KeyboardInterrupt):
        talk.say("stopped", platform=platform)
        return _INTERRUPTED
    finally:
        signal.signal(signal.SIGINT, before)
    return 0


def _slack(talk: Dialogue, settings: Settings, config: Path, api_url: str | None) -> Values:
    from running.wizard.slack import SlackSteps

    known = settings.bridges.slack
    steps = SlackSteps(talk, api_url or (known.api_url if known else "https://slack.com/api/"))
    tokens = Tokens(talk, read_secrets(config))
    steps.tokens(tokens)
    _keep(talk, config, tokens)
    channel = steps.place(tokens["SLACK_BOT_TOKEN"], known.channel if known else None)
    return _values("channel", channel, api_url)


def _telegram(talk: Dialogue, settings: Settings, config: Path, api_url: str | None) -> Values:
    from running.wizard.telegram import TelegramSteps

    known = settings.bridges.telegram
    steps = TelegramSteps(talk, api_url or (known.api_url if known else None))
    tokens = Tokens(talk, read_secrets(config))
    steps.tokens(tokens)
    _keep(talk, config, tokens)
    chat = steps.place(tokens["TELEGRAM_BOT_TOKEN"], known.chat if known else None)
    return _values("chat", chat, api_url)


def _values(name: str, place: str | int, api_url: str | None) -> Values:
    return {name: place, "api_url": api_url} if api_url else {name: place}


def _keep(talk: Dialogue, config: Path, tokens: Tokens) -> None:
    """Write the tokens as soon as they are accepted: whoever is interrupted then need not type them again."""
    if not tokens.new:
        return
    env = config.parent / ".env"
    files.write_secrets(env, tokens.new, like=config)
    talk.say("kept", file=env, names=", ".join(tokens.new))


def _write(talk: Dialogue, config: Path, platform: str, values: Values) -> None:
    """Write the bridge's lines; read anew, for the file may have been edited meanwhile."""
    before = files.read(config)
    text = before.removeprefix(_BYTE_ORDER_MARK)
    mark = _BYTE_ORDER_MARK if text != before else ""
    try:
        edited = with_bridge(text, platform, values)
    except NotEdited:
        lines = lines_for(platform, values)
        raise StartError(f"{talk.text('by_hand', file=config)}\n{lines}") from None
    if edited == text:
        talk.say("unchanged", file=config)
        return
    files.replace(config, mark + edited, like=config, check=load)
    talk.say("written", file=config, platform=platform)
