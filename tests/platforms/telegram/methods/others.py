"""The bot itself, its webhook, its commands, and the buttons' answers."""

import json
import re

from ..arguments import Arguments
from ..backend import Backend
from ..errors import bad_request
from ..records import BOT_ID, Json
from ..updates import MAX_LIMIT, Poll
from ..wire import me_json
from .registry import method

MAX_COMMANDS = 100
_COMMAND = re.compile(r"[a-z0-9_]{1,32}")
_LATE = "query is too old and response timeout expired or query ID is invalid"


@method("getMe")
def get_me(telegram: Backend, args: Arguments) -> Json:
    """Who the bot is."""
    return me_json(telegram.world.users[BOT_ID], reads_all=telegram.world.reads_all)


@method("getUpdates")
def get_updates(telegram: Backend, args: Arguments) -> list[Json]:
    """What is there now; a plain call waits for news in the server."""
    return telegram.updates.take(polled(args))


@method("setWebhook")
def set_webhook(telegram: Backend, args: Arguments) -> bool:
    """Updates go to an address from now on; getUpdates is refused."""
    telegram.updates.webhook = args.text("url") or ""
    return True


@method("deleteWebhook")
def delete_webhook(telegram: Backend, args: Arguments) -> bool:
    """Back to getUpdates."""
    telegram.updates.webhook = ""
    if args.flag("drop_pending_updates"):
        telegram.updates.drop()
    telegram.changes.ring()
    return True


@method("getWebhookInfo")
def get_webhook_info(telegram: Backend, args: Arguments) -> Json:
    """The address, and how many updates wait."""
    waiting = len(telegram.updates.waiting)
    return {"url": telegram.updates.webhook, "has_custom_certificate": False, "pending_update_count": waiting}


@method("setMyCommands")
def set_my_commands(telegram: Backend, args: Arguments) -> bool:
    """The commands that Telegram offers as one types `/`, for a scope and a language."""
    commands = args.structure("commands", list)
    if len(commands) > MAX_COMMANDS:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    for command in commands:
        if not isinstance(command, dict) or not _COMMAND.fullmatch(str(command.get("command", ""))):
            raise bad_request("BOT_COMMAND_INVALID")
        if not 1 <= len(str(command.get("description", ""))) <= 256:
            raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    telegram.commands[_scope(args)] = commands
    telegram.changes.ring()
    return True


@method("getMyCommands")
def get_my_commands(telegram: Backend, args: Arguments) -> list[Json]:
    """The commands of a scope and a language."""
    return telegram.commands.get(_scope(args), [])


@method("answerCallbackQuery")
def answer_callback_query(telegram: Backend, args: Arguments) -> bool:
    """The button stops spinning; once for each press."""
    query = telegram.queries.get(args.need("callback_query_id"))
    if query is None or query.answered:
        raise bad_request(_LATE)
    query.answered, query.text = True, args.text("text") or ""
    telegram.changes.ring()
    return True


def polled(args: Arguments) -> Poll:
    """What a getUpdates asks for."""
    limit = args.number("limit")
    return Poll(
        offset=args.number("offset"),
        limit=MAX_LIMIT if limit is None else limit,
        hold=args.number("timeout") or 0,
        allowed=args.structure("allowed_updates", list),
    )


def _scope(args: Arguments) -> str:
    scope = args.structure("scope", dict) or {"type": "default"}
    return json.dumps([scope, args.text("language_code") or ""], sort_keys=True)
