"""A Slack workspace's state, and the events that each change of it causes."""

import mimetypes
import time
import uuid
from collections.abc import Callable

from .errors import SlackError
from .records import BOT_USER, OTHER, TEAM, Channel, File, Json, Message, Shown, User
from .text import mentions, seen, seen_blocks, walk
from .wire import file_object, message_object

Emit = Callable[[Json, Channel], None]


class Workspace:
    """Users, channels, messages and files. `emit` gets every event with its channel."""

    def __init__(self, emit: Emit) -> None:
        self.base_url = ""
        self.users: dict[str, User] = {
            BOT_USER: User(BOT_USER, "linea", "Linea Diretta", is_bot=True),
            OTHER.user: User(OTHER.user, OTHER.name, "Promemoria", is_bot=True),
        }
        self.channels: dict[str, Channel] = {}
        self.files: dict[str, File] = {}
        self.mentioned: list[tuple[str, str]] = []
        self._messages: dict[str, dict[str, Message]] = {}
        self._emit = emit
        self._last_stamp = 0
        self._serial = 0

    # Making and finding things

    def fresh_id(self, letter: str) -> str:
        """A new id such as U0000000A1: unique, of Slack's shape."""
        self._serial += 1
        return f"{letter}0LD{self._serial:06X}"

    def fresh_ts(self) -> str:
        """A new ts: seconds since 1970 and microseconds, greater than all before."""
        self._last_stamp = max(self._last_stamp + 1, time.time_ns() // 1_000)
        return f"{self._last_stamp // 1_000_000}.{self._last_stamp % 1_000_000:06d}"

    def add_user(self, name: str, real_name: str, display_name: str = "") -> User:
        """A new person in the workspace."""
        user = User(self.fresh_id("U"), name, real_name, display_name)
        self.users[user.id] = user
        return user

    def add_channel(self, name: str, private: bool = False, bot: bool = True) -> Channel:
        """A new channel with everyone in it; `bot` says whether our bot was invited."""
        channel = Channel(self.fresh_id("C"), name, private)
        channel.members = {u for u in self.users if bot or u != BOT_USER}
        self.channels[channel.id] = channel
        self._messages[channel.id] = {}
        return channel

    def add_file(self, name: str, length: int, owner: str, content: bytes | None = None) -> File:
        """A new file, received already when `content` is given."""
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        file = File(self.fresh_id("F"), name, length, owner, kind, int(time.time()), content=content)
        self.files[file.id] = file
        return file

    def find_user(self, name: str) -> str | None:
        """A user's id by id or name."""
        return next((u.id for u in self.users.values() if name in (u.id, u.name)), None)

    def find_channel(self, name: str) -> str | None:
        """A channel's id by id or name."""
        return next((c.id for c in self.channels.values() if name.lstrip("#") in (c.id, c.name)), None)

    def message(self, channel: str, ts: str) -> Message | None:
        """The message, unless it never was or is deleted."""
        return self._messages[channel].get(ts)

    def locate(self, ts: str) -> Message:
        """The message with this ts, in whichever channel; `LookupError` when there is none."""
        for messages in self._messages.values():
            if ts in messages:
                return messages[ts]
        raise LookupError(f"there is no message {ts}")

    def in_channel(self, channel: str) -> list[Message]:
        """The channel's own messages, oldest first: roots and broadcast replies."""
        return [m for m in self._messages[channel].values() if m.is_root or m.broadcast]

    def in_thread(self, channel: str, ts: str) -> list[Message]:
        """A root and its replies, oldest first."""
        return [m for m in self._messages[channel].values() if ts in (m.ts, m.thread_ts)]

    def replies(self, root: Message) -> list[Message]:
        """The replies to a root, oldest first."""
        return [m for m in self.in_thread(root.channel, root.ts) if m is not root]

    # JSON

    def message_json(self, message: Message, with_metadata: bool = False) -> Json:
        """A message as Slack hands it out, with its thread's numbers on a root."""
        result = message_object(message, self.files_json(message.files), with_metadata)
        if message.thread_ts and not message.is_root:
            root = self.message(message.channel, message.thread_ts)
            result["parent_user_id"] = root.user if root else None
        elif replies := self.replies(message):
            people = list(dict.fromkeys(str(r.user) for r in replies))
            result |= {
                "thread_ts": message.ts,
                "reply_count": len(replies),
                "reply_users": people,
                "reply_users_count": len(people),
                "latest_reply": replies[-1].ts,
                "is_locked": False,
                "subscribed": False,
            }
        return result

    def files_json(self, ids: list[str]) -> list[Json]:
        """Files as Slack hands them out."""
        private = {c.id for c in self.channels.values() if c.is_private}
        return [file_object(self.files[i], self.base_url, private) for i in ids]

    def shown(self, message: Message) -> Shown:
        """A message as a person sees it: blocks where there are any, else the text."""
        user = self.users.get(message.user or "")
        text = (
            seen_blocks(message.blocks, self.name_of) if message.blocks else seen(message.text, self.name_of)
        )
        buttons = (p["action_id"] for p in walk(message.blocks) if "action_id" in p)
        return Shown(
            ts=message.ts,
            author=message.username or (user.display_name or user.real_name if user else ""),
            text="This message was deleted." if message.tombstone else text,
            is_bot=message.from_bot,
            edited=message.edited is not None,
            files=tuple(self.files[i].name for i in message.files),
            buttons=tuple(buttons),
            reactions={name: tuple(users) for name, users in message.reactions.items()},
            wire=message,
        )

    def name_of(self, user: str) -> str:
        """The name shown for a user id; the id when nobody has it."""
        known = self.users.get(user)
        return known.display_name or known.real_name if known else user

    # Changes

    def post(self, message: Message, quiet: bool = False) -> Message:
        """Put a message into its channel and tell the world, unless `quiet`."""
        for number, block in enumerate(message.blocks):
            block.setdefault("block_id", f"{message.ts[-6:]}{number:02d}")
        self._messages[message.channel][message.ts] = message
        self.mentioned += [(message.ts, whom) for whom in sorted(mentions(message.text, message.blocks))]
        for file in message.files:
            self.files[file].completed = True
            self.files[file].shares.setdefault(message.channel, []).append(message.ts)
        if not quiet:
            self._event(message, {**self.message_json(message, with_metadata=True), "ts": message.ts})
        return message

    def edited(self, message: Message, before: Json) -> None:
        """Tell the world that a message is no longer what `before` (its JSON) says."""
        after = self.message_json(message, with_metadata=True)
        event = {"subtype": "message_changed", "message": after, "previous_message": before, "hidden": True}
        self._event(message, event)

    def delete(self, message: Message) -> None:
        """Delete it; a root with replies becomes a tombstone instead, as in Slack."""
        before = self.message_json(message, with_metadata=True)
        if message.is_root and self.replies(message):
            message.tombstone = True
            message.thread_ts = message.ts
            message.text, message.blocks, message.files, message.metadata = "", [], [], None
            self.edited(message, before)
            return
        del self._messages[message.channel][message.ts]
        event = {"subtype": "message_deleted", "deleted_ts": message.ts, "hidden": True}
        self._event(message, {**event, "previous_message": before})

    def delete_file(self, file: File) -> None:
        """Delete a file: its messages lose it."""
        del self.files[file.id]
        for channel, shares in file.shares.items():
            for ts in shares:
                message = self.message(channel, ts)
                if message is not None and file.id in message.files:
                    before = {**message_object(message, [], False)}
                    message.files.remove(file.id)
                    self.edited(message, before)

    def react(self, message: Message, user: str, name: str, added: bool) -> None:
        """Add or take away a reaction; `already_reacted` or `no_reaction` when there is nothing to do."""
        users = message.reactions.get(name, [])
        if added == (user in users):
            raise SlackError("already_reacted" if added else "no_reaction")
        message.reactions[name] = [*users, user] if added else [u for u in users if u != user]
        if not message.reactions[name]:
            del message.reactions[name]
        event = {
            "type": "reaction_added" if added else "reaction_removed",
            "user": user,
            "reaction": name,
            "item": {"type": "message", "channel": message.channel, "ts": message.ts},
            "item_user": message.user,
            "event_ts": self.fresh_ts(),
        }
        self._emit(event, self.channels[message.channel])

    def replied(self, root: Message) -> None:
        """Tell only that a thread got a reply: the hidden `message_replied`, without the reply's text."""
        event = {"subtype": "message_replied", "message": self.message_json(root), "hidden": True}
        self._event(root, {**event, "thread_ts": root.ts})

    def member(self, channel: Channel, user: str, joined: bool) -> None:
        """Someone joins or leaves a channel."""
        (channel.members.add if joined else channel.members.discard)(user)
        kind = "member_joined_channel" if joined else "member_left_channel"
        event = {"type": kind, "user": user, "channel": channel.id, "channel_type": channel.kind[0].upper()}
        self._emit({**event, "team": TEAM, "event_ts": self.fresh_ts()}, channel)

    def _event(self, message: Message, event: Json) -> None:
        channel = self.channels[message.channel]
        stamp = event.get("ts") or self.fresh_ts()
        outer = {"type": "message", "channel": channel.id, "channel_type": channel.kind}
        self._emit({**outer, **event, "ts": stamp, "event_ts": stamp}, channel)


def client_message_id() -> str:
    """What Slack's own apps put on each message a person sends."""
    return str(uuid.uuid4())
