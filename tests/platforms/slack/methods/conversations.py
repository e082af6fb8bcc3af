"""conversations.*: channels, and reading their messages and threads back."""

import base64
import re
from typing import TypeVar

from ..arguments import Arguments
from ..backend import Backend
from ..errors import SlackError
from ..records import BOT_USER, Json, Message
from ..wire import channel_object
from .registry import method

MAX_PAGE = 999
_END_OF_TIME = 10**17
T = TypeVar("T")
_STAMP = re.compile(r"\d+(\.\d+)?")


@method("conversations.info", "channels:read|groups:read", "channel")
def info(slack: Backend, args: Arguments) -> Json:
    """One channel."""
    return {"channel": channel_object(slack.readable(args.need("channel")))}


@method("conversations.list", "channels:read|groups:read")
def list_channels(slack: Backend, args: Arguments) -> Json:
    """The channels the bot can know of; public ones only, unless `types` says otherwise."""
    types = (args.text("types") or "public_channel").split(",")
    found = [
        channel_object(c)
        for c in slack.workspace.channels.values()
        if ("private_channel" if c.is_private else "public_channel") in types
        and (not c.is_private or BOT_USER in c.members)
        and not (c.is_archived and args.flag("exclude_archived"))
    ]
    page, following = _page(found, args, 100)
    return {"channels": page, "response_metadata": {"next_cursor": following}}


@method("conversations.members", "channels:read|groups:read", "channel")
def members(slack: Backend, args: Arguments) -> Json:
    """Who is in a channel."""
    found = sorted(slack.readable(args.need("channel")).members)
    page, following = _page(found, args, 100)
    return {"members": page, "response_metadata": {"next_cursor": following}}


@method("conversations.join", "channels:join", "channel")
def join(slack: Backend, args: Arguments) -> Json:
    """The bot joins a public channel by itself; into a private one it must be invited."""
    channel = slack.readable(args.need("channel"))
    if channel.is_private:
        raise SlackError("method_not_supported_for_channel_type")
    if channel.is_archived:
        raise SlackError("is_archived")
    if BOT_USER in channel.members:
        return {"channel": channel_object(channel), "warning": "already_in_channel"}
    slack.workspace.member(channel, BOT_USER, joined=True)
    return {"channel": channel_object(channel)}


@method("conversations.history", "channels:history|groups:history", "channel")
def history(slack: Backend, args: Arguments) -> Json:
    """The channel's own messages, newest first; thread replies are not among them."""
    channel = slack.joined(args.need("channel"))
    oldest_and_latest = _span(args)
    found = [m for m in slack.workspace.in_channel(channel.id) if _micros(m.ts) in oldest_and_latest]
    return _messages(slack, found[::-1], args, default=100)


@method("conversations.replies", "channels:history|groups:history", "channel", "ts")
def replies(slack: Backend, args: Arguments) -> Json:
    """A thread, oldest first. The root always comes, whatever `oldest` says; a reply's ts gives only it."""
    channel = slack.joined(args.need("channel"))
    ts = args.need("ts")
    first = slack.workspace.message(channel.id, ts)
    if first is None:
        raise SlackError("thread_not_found")
    rest = slack.workspace.replies(first) if first.is_root else []
    oldest_and_latest = _span(args)
    wanted = [m for m in rest if _micros(m.ts) in oldest_and_latest]
    return _messages(slack, [first, *wanted], args, default=1_000)


def _messages(slack: Backend, found: list[Message], args: Arguments, default: int) -> Json:
    page, following = _page(found, args, default)
    with_metadata = args.flag("include_all_metadata")
    result: Json = {
        "messages": [slack.workspace.message_json(m, with_metadata) for m in page],
        "has_more": bool(following),
    }
    if following:
        result["response_metadata"] = {"next_cursor": following}
    return result


def _span(args: Arguments) -> range:
    """The microseconds between `oldest` and `latest`, without the two unless `inclusive`."""
    oldest, latest = _stamp(args, "oldest"), _stamp(args, "latest")
    edge = 0 if args.flag("inclusive") else 1
    first = 0 if oldest is None else oldest + edge
    last = _END_OF_TIME if latest is None else latest - edge
    return range(first, last + 1)


def _stamp(args: Arguments, name: str) -> int | None:
    value = args.text(name)
    if value is None or value in ("0", "now"):
        return None
    if not _STAMP.fullmatch(value):
        raise SlackError(f"invalid_ts_{name}")
    return _micros(value)


def _micros(ts: str) -> int:
    seconds, _, fraction = ts.partition(".")
    return int(seconds) * 1_000_000 + int(fraction.ljust(6, "0")[:6])


def _page(found: list[T], args: Arguments, default: int) -> tuple[list[T], str]:
    limit = args.number("limit", default)
    if not 1 <= limit <= max(MAX_PAGE, default):
        raise SlackError("invalid_limit")
    start = 0
    if cursor := args.text("cursor"):
        try:
            start = int(base64.b64decode(cursor, validate=True).decode().removeprefix("next:"))
        except ValueError:
            raise SlackError("invalid_cursor") from None
    end = start + limit
    following = base64.b64encode(f"next:{end}".encode()).decode() if end < len(found) else ""
    return found[start:end], following
