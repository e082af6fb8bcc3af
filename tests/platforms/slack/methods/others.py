"""auth, apps, users, reactions, views."""

from typing import Any

from ..arguments import Arguments
from ..backend import Backend
from ..blocks import check_blocks
from ..errors import SlackError, invalid_arguments
from ..records import APP, BOT, BOT_USER, TEAM, TEAM_DOMAIN, Json, Message
from ..wire import user_object
from .registry import method

MAX_VIEW_TITLE = 24


@method("auth.test", None)
def auth_test(slack: Backend, args: Arguments) -> Json:
    """Who the token is."""
    return {
        "url": f"https://{TEAM_DOMAIN}.slack.com/",
        "team": "Comune",
        "user": "linea",
        "team_id": TEAM,
        "user_id": slack.told_user,
        "bot_id": BOT,
        "app_id": APP,
        "is_enterprise_install": False,
    }


@method("apps.connections.open", None)
def connections_open(slack: Backend, args: Arguments) -> Json:
    """A WebSocket address, good for one connection."""
    ticket = slack.socket_mode.ticket()
    link = slack.workspace.base_url.replace("http://", "ws://")
    return {"url": f"{link}link/?ticket={ticket}&app_id={APP}"}


@method("users.info", "users:read", "user")
def users_info(slack: Backend, args: Arguments) -> Json:
    """One person."""
    user = slack.workspace.users.get(args.need("user"))
    if user is None:
        raise SlackError("user_not_found")
    return {"user": user_object(user)}


@method("users.getPresence", "users:read", "user")
def users_get_presence(slack: Backend, args: Arguments) -> Json:
    """Whether a person is there."""
    user = slack.workspace.users.get(args.text("user") or BOT_USER)
    if user is None:
        raise SlackError("user_not_found")
    return {"presence": "active" if user.is_active else "away"}


@method("reactions.add", "reactions:write", "channel", "name", "timestamp")
def reactions_add(slack: Backend, args: Arguments) -> Json:
    """The bot reacts to a message."""
    return _react(slack, args, added=True)


@method("reactions.remove", "reactions:write", "channel", "name", "timestamp")
def reactions_remove(slack: Backend, args: Arguments) -> Json:
    """The bot takes its reaction back."""
    return _react(slack, args, added=False)


@method("reactions.get", "reactions:read", "channel", "timestamp")
def reactions_get(slack: Backend, args: Arguments) -> Json:
    """A message with its reactions."""
    message = _target(slack, args)
    return {"type": "message", "channel": message.channel, "message": slack.workspace.message_json(message)}


@method("views.open", None, "trigger_id", "view")
def views_open(slack: Backend, args: Arguments) -> Json:
    """Open a modal for the person whose gesture gave the trigger."""
    view = _view(args, "modal")
    trigger = args.need("trigger_id")
    if trigger not in slack.triggers:
        raise SlackError("invalid_trigger_id" if not trigger.endswith(".trigger") else "expired_trigger_id")
    slack.triggers.discard(trigger)
    full = _kept(slack, view)
    slack.views[full["id"]] = full
    slack.changes.ring()
    return {"view": full}


@method("views.update", None, "view")
def views_update(slack: Backend, args: Arguments) -> Json:
    """Make an open modal look otherwise."""
    view = _view(args, "modal")
    old = slack.views.get(args.need("view_id"))
    if old is None:
        raise SlackError("not_found")
    expected = args.text("hash")
    if expected is not None and expected != old["hash"]:
        raise SlackError("hash_conflict")
    kept = {key: old[key] for key in ("id", "team_id", "app_id", "bot_id", "root_view_id", "state")}
    number = int(str(old["hash"]).split(".", maxsplit=1)[0]) + 1
    slack.views[old["id"]] = {**old, **view, **kept, "hash": f"{number}.{old['id']}"}
    slack.changes.ring()
    return {"view": slack.views[old["id"]]}


@method("views.publish", None, "user_id", "view")
def views_publish(slack: Backend, args: Arguments) -> Json:
    """Set a person's home tab."""
    user = args.need("user_id")
    if user not in slack.workspace.users:
        raise invalid_arguments("user not found [json-pointer:/user_id]")
    slack.homes[user] = _kept(slack, _view(args, "home"))
    slack.changes.ring()
    return {"view": slack.homes[user]}


def _react(slack: Backend, args: Arguments, added: bool) -> Json:
    name = args.need("name")
    if not name.replace("_", "").replace("-", "").replace("+", "").replace(":", "").isalnum():
        raise SlackError("invalid_name")
    slack.workspace.react(_target(slack, args), BOT_USER, name, added)
    return {}


def _target(slack: Backend, args: Arguments) -> Message:
    channel = slack.joined(args.need("channel"))
    if channel.is_archived:
        raise SlackError("is_archived")
    message = slack.workspace.message(channel.id, args.need("timestamp"))
    if message is None:
        raise SlackError("message_not_found")
    return message


def _view(args: Arguments, kind: str) -> Json:
    view = args.structure("view", "invalid_arguments")
    if not isinstance(view, dict) or view.get("type") != kind:
        raise invalid_arguments(f"must be a {kind} view [json-pointer:/view/type]")
    if kind == "modal":
        _window(view)
    check_blocks(view.get("blocks"), in_view=True)
    return view


def _window(view: Json) -> None:
    """A modal's own rules; one with something to fill in needs a button to send it."""
    _title(view.get("title"))
    for key in ("submit", "close"):
        if view.get(key) is not None and not _is_plain(view[key], MAX_VIEW_TITLE):
            raise invalid_arguments(
                f"must be a plain_text of 1 to {MAX_VIEW_TITLE} [json-pointer:/view/{key}]"
            )
    inputs = [block for block in view.get("blocks") or [] if block.get("type") == "input"]
    if inputs and view.get("submit") is None:
        raise invalid_arguments("missing required field: submit [json-pointer:/view]")
    for key, most in (("private_metadata", 3_000), ("callback_id", 255)):
        if len(str(view.get(key) or "")) > most:
            raise invalid_arguments(f"must be less than {most + 1} characters [json-pointer:/view/{key}]")


def _is_plain(text: Any, most: int) -> bool:
    good = isinstance(text, dict) and text.get("type") == "plain_text"
    return good and 1 <= len(text.get("text", "")) <= most


def _title(title: Any) -> None:
    if not _is_plain(title, MAX_VIEW_TITLE):
        raise invalid_arguments(f"must be a plain_text of 1 to {MAX_VIEW_TITLE} [json-pointer:/view/title]")


def _kept(slack: Backend, view: Json) -> Json:
    identity = slack.workspace.fresh_id("V")
    defaults: Json = {"private_metadata": "", "callback_id": "", "close": None, "submit": None}
    ours = {"id": identity, "team_id": TEAM, "app_id": APP, "bot_id": BOT, "hash": f"1.{identity}"}
    return {**defaults, **view, **ours, "root_view_id": identity, "state": {"values": {}}}
