"""chat.*: posting, changing and deleting messages."""

import json
from typing import Any

from ..arguments import Arguments
from ..backend import RESPONSE_URL_USES, Backend
from ..blocks import check_blocks
from ..errors import SlackError
from ..records import BOT_USER, OURS, Channel, Ephemeral, Json, Message
from ..text import posted
from .registry import method

MAX_TEXT = 40_000
MAX_UPDATED_TEXT = 4_000
MAX_ATTACHMENTS = 100
MAX_MARKDOWN = 12_000
MAX_METADATA_BYTES = 8_192  # the error is documented, the size is not: a guess


@method("chat.postMessage", "chat:write", "channel")
def post_message(slack: Backend, args: Arguments) -> Json:
    """Post into a channel or a thread."""
    channel = writable(slack, args.need("channel"))
    content = _content(slack, args, MAX_TEXT, needed=True)
    message = Message(channel.id, "", BOT_USER, **content, from_bot=True)
    message.thread_ts = thread(slack, channel, args)
    message.broadcast = bool(message.thread_ts) and args.flag("reply_broadcast")
    message.metadata = metadata(args)
    message.previews = args.flag("unfurl_links", False) or args.flag("unfurl_media", True)
    customise(slack, args, message)
    message.ts = slack.workspace.fresh_ts()
    slack.workspace.post(message)
    return {"channel": channel.id, "ts": message.ts, "message": slack.workspace.message_json(message)}


@method("chat.postEphemeral", "chat:write", "channel", "user")
def post_ephemeral(slack: Backend, args: Arguments) -> Json:
    """Show one person a message that is not kept."""
    channel = writable(slack, args.need("channel"))
    user = args.need("user")
    if user not in channel.members:
        raise SlackError("user_not_in_channel")
    content = _content(slack, args, MAX_TEXT, needed=True)
    thread_ts = thread(slack, channel, args)
    shown = slack.workspace.shown(Message(channel.id, "", BOT_USER, **content))
    slack.ephemerals.append(Ephemeral(channel.id, user, shown.text, thread_ts))
    return {"message_ts": slack.workspace.fresh_ts()}


@method("chat.update", "chat:write", "channel", "ts")
def update(slack: Backend, args: Arguments) -> Json:
    """Change one of the bot's own messages.

    New text without blocks takes the old blocks away and marks the message as edited; new blocks do not
    mark it (docs.slack.dev, chat.update).
    """
    channel = slack.joined(args.need("channel"))
    if channel.is_archived:
        raise SlackError("is_inactive")
    message = slack.workspace.message(channel.id, args.need("ts"))
    if message is None or message.tombstone:
        raise SlackError("message_not_found")
    if not message.from_bot or message.app != OURS:
        raise SlackError("cant_update_message")
    content = _content(slack, args, MAX_UPDATED_TEXT, needed=True)
    new_metadata = metadata(args)
    change(slack, message, content, mark="blocks" not in args)
    if new_metadata is not None:
        message.metadata = new_metadata or None
    summary = {"channel": channel.id, "ts": message.ts, "text": message.text}
    return {**summary, "message": slack.workspace.message_json(message)}


@method("chat.delete", "chat:write", "channel", "ts")
def delete(slack: Backend, args: Arguments) -> Json:
    """Delete one of the bot's own messages."""
    channel = slack.joined(args.need("channel"))
    message = slack.workspace.message(channel.id, args.need("ts"))
    if message is None or message.tombstone:
        raise SlackError("message_not_found")
    if not message.from_bot or message.app != OURS:
        raise SlackError("cant_delete_message")
    slack.workspace.delete(message)
    return {"channel": channel.id, "ts": message.ts}


@method("chat.getPermalink", None, "channel", "message_ts")
def get_permalink(slack: Backend, args: Arguments) -> Json:
    """A link to a message for people."""
    channel = slack.readable(args.need("channel"))
    message = slack.workspace.message(channel.id, args.need("message_ts"))
    if message is None:
        raise SlackError("message_not_found")
    link = f"https://linea.slack.com/archives/{channel.id}/p{message.ts.replace('.', '')}"
    if not message.is_root:
        link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}


def writable(slack: Backend, name: str) -> Channel:
    """The channel with this id or name, when the bot may post there."""
    channel = slack.joined(slack.workspace.find_channel(name) or name)
    if channel.is_archived:
        raise SlackError("is_archived")
    return channel


def thread(slack: Backend, channel: Channel, args: Arguments) -> str | None:
    """The thread to post into: it must hang from an existing message of this channel."""
    ts = args.text("thread_ts")
    if ts is None:
        return None
    root = slack.workspace.message(channel.id, ts)
    if root is None:
        raise SlackError("thread_not_found")
    if not root.is_root:
        raise SlackError("cannot_reply_to_message")
    return ts


def metadata(args: Arguments) -> Json | None:
    """The message's metadata; None when not given, {} for "take it away"."""
    value = args.structure("metadata", "invalid_metadata_format")
    if value is None or value == {}:
        return None if value is None else {}
    if not isinstance(value, dict):
        raise SlackError("invalid_metadata_format")
    named = isinstance(value.get("event_type"), str) and value["event_type"]
    if not named or not isinstance(value.get("event_payload"), dict) or len(value) != 2:
        raise SlackError("invalid_metadata_schema")
    if len(json.dumps(value).encode()) > MAX_METADATA_BYTES:
        raise SlackError("metadata_too_large")
    return value


def customise(slack: Backend, args: Arguments, message: Message) -> None:
    """The name and picture that an app may give to one message."""
    if "username" in args or "icon_emoji" in args or "icon_url" in args:
        slack.check_scope("chat:write.customize")
    message.username = args.text("username")
    if emoji := args.text("icon_emoji"):
        message.icons = {"emoji": emoji}
    elif url := args.text("icon_url"):
        message.icons = {"image_48": url}


def change(slack: Backend, message: Message, content: dict[str, Any], mark: bool) -> None:
    """Give the bot's message new content and tell the world."""
    before = slack.workspace.message_json(message, with_metadata=True)
    message.text = content["text"] or message.text
    message.blocks = content["blocks"] if content["text"] or content["blocks"] else message.blocks
    if content["attachments"]:
        message.attachments = content["attachments"]
    if mark:
        message.edited = {"user": BOT_USER, "ts": slack.workspace.fresh_ts()}
    for number, block in enumerate(message.blocks):
        block.setdefault("block_id", f"{message.ts[-6:]}{number:02d}")
    slack.workspace.edited(message, before)


def _content(slack: Backend, args: Arguments, most: int, needed: bool) -> dict[str, Any]:
    """The text, blocks and attachments of a call, checked."""
    text = args.text("text") or ""
    blocks = args.structure("blocks", "invalid_blocks_format")
    attachments = args.structure("attachments", "invalid_attachments")
    if markdown := args.text("markdown_text"):
        if text or blocks:
            raise SlackError("markdown_text_conflict")
        if len(markdown) > MAX_MARKDOWN:
            raise SlackError("msg_too_long")
        blocks = [{"type": "markdown", "text": markdown}]
    if len(text) > most:
        raise SlackError("msg_too_long")
    checked = check_blocks(blocks) if blocks is not None else []
    if attachments is not None and not isinstance(attachments, list):
        raise SlackError("invalid_attachments")
    if attachments and len(attachments) > MAX_ATTACHMENTS:
        raise SlackError("too_many_attachments")
    if needed and not text.strip() and not checked and not attachments:
        raise SlackError("no_text")
    wire = posted(text, args.text("parse"), args.flag("link_names"), slack.workspace.find_user)
    return {"text": wire, "blocks": checked, "attachments": attachments or []}


def answer_interaction(slack: Backend, key: str, body: Json) -> str:
    """A POST to a response_url: change, delete, or add to the message that was interacted with.

    Errors: `expired_url` after five uses, `no_text`, and all that blocks can be refused for.
    """
    url = slack.response_urls.get(key)
    if url is None or url.uses >= RESPONSE_URL_USES:
        raise SlackError("expired_url")
    url.uses += 1
    message = slack.workspace.message(url.channel, url.message_ts)
    args = Arguments(body)
    if args.flag("delete_original"):
        if message is None:
            raise SlackError("message_not_found")
        slack.workspace.delete(message)
        return "ok"
    content = _content(slack, args, MAX_TEXT, needed=True)
    if args.flag("replace_original") and message is not None:
        change(slack, message, content, mark=False)
        return "ok"
    thread_ts = args.text("thread_ts")
    if args.text("response_type") == "in_channel":
        ts = slack.workspace.fresh_ts()
        new = Message(url.channel, ts, BOT_USER, **content, from_bot=True, thread_ts=thread_ts)
        slack.workspace.post(new)
    else:
        shown = slack.workspace.shown(Message(url.channel, "", BOT_USER, **content))
        slack.ephemerals.append(Ephemeral(url.channel, url.user, shown.text, thread_ts))
        slack.changes.ring()
    return "ok"
