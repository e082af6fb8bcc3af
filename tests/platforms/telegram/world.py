"""The state of Telegram as far as one bot can see it, and what it is told of each change."""

import itertools
import mimetypes
import time
import uuid
from collections.abc import Callable
from typing import Any

from .entities import MAX_TEXT, cut_out, formatted
from .records import BOT_ID, BOT_USERNAME, Chat, File, Json, Kind, Message, Shown, Topic, User
from .wire import member_json, message_json, the_bot, user_json

_LIVE = ("mention", "bot_command", "url", "email", "hashtag", "text_link")


class World:
    """People, chats, messages, files. `tell` takes an update's kind and content; `ring` marks a change."""

    def __init__(self, tell: Callable[[str, Json], None], ring: Callable[[], None]) -> None:
        self.users: dict[int, User] = {BOT_ID: the_bot()}
        self.chats: dict[int, Chat] = {}
        self.files: dict[str, File] = {}
        self.reads_all = False
        self._tell = tell
        self._ring = ring
        self._numbers = itertools.count(1)

    # Making things

    def add_user(self, name: str, full_name: str, *, is_bot: bool = False) -> User:
        """A person, found by `name` (their @username) afterwards."""
        first, _, last = full_name.partition(" ")
        user = User(5_000_000_000 + next(self._numbers), first, last, name, is_bot)
        self.users[user.id] = user
        return user

    def add_chat(self, kind: Kind, title: str) -> Chat:
        """A group with everybody in it, and our bot as an administrator."""
        number = next(self._numbers)
        chat = Chat(
            -(4_000_000 + number) if kind == Kind.GROUP else -(1_001_000_000_000 + number), kind, title
        )
        chat.members = {user.id for user in self.users.values()}
        self.chats[chat.id] = chat
        return chat

    def add_file(self, name: str, content: bytes, kind: str, mime: str = "", size: int | None = None) -> File:
        """Keep a file's bytes."""
        known = mime or mimetypes.guess_type(name)[0] or "application/octet-stream"
        number = uuid.uuid4().hex
        file = File(
            f"BQAC{number}", number[:12], name, kind, known, content, len(content) if size is None else size
        )
        self.files[file.id] = file
        return file

    def message(self, chat: Chat, sender: User, **content: Any) -> Message:
        """A new message with the chat's next number; not posted yet."""
        chat.last += 1
        return Message(chat.id, chat.last, sender, int(time.time()), **content)

    def post(self, message: Message) -> Message:
        """Put a message into its chat; the bot hears of it unless it wrote it."""
        chat = self.chats[message.chat]
        chat.messages[message.id] = message
        if message.sender.id != BOT_ID or message.is_service:
            self._hear(chat, message)
        self._ring()
        return message

    def service(self, chat: Chat, sender: User, thread: int | None = None, **extra: Any) -> Message:
        """A line of Telegram's own about what somebody did."""
        return self.post(self.message(chat, sender, thread=thread, extra=extra))

    def add_topic(self, chat: Chat, sender: User, name: str, icon_color: int = 7322096) -> Topic:
        """A new topic; its first message says so."""
        made = {"name": name, "icon_color": icon_color}
        message = self.message(chat, sender, extra={"forum_topic_created": made})
        message.thread = message.id
        topic = chat.topics[message.id] = Topic(message.id, name, icon_color)
        self.post(message)
        return topic

    def edited(self, message: Message) -> None:
        """A message was changed; the bot hears of it unless it did it itself."""
        message.edited = int(time.time())
        chat = self.chats[message.chat]
        if message.sender.id != BOT_ID and chat.rights.is_inside:
            self._tell("edited_message", message_json(chat, message))
        self._ring()

    def react(self, message: Message, user: User, emoji: list[str]) -> None:
        """Set somebody's reactions to a message."""
        before = message.reactions.get(user.id, [])
        message.reactions[user.id] = emoji
        chat = self.chats[message.chat]
        if user.id != BOT_ID and chat.rights.is_admin:
            as_types = [[{"type": "emoji", "emoji": one} for one in some] for some in (before, emoji)]
            change = {"old_reaction": as_types[0], "new_reaction": as_types[1], "user": user_json(user)}
            place = {"chat": message_json(chat, message)["chat"], "message_id": message.id}
            self._tell("message_reaction", {**place, **change, "date": int(time.time())})
        self._ring()

    def set_rights(self, chat: Chat, by: User, **changes: Any) -> None:
        """Somebody changes the bot's place in a chat."""
        bot = self.users[BOT_ID]
        before = member_json(bot, chat.rights)
        for name, value in changes.items():
            setattr(chat.rights, name, value)
        change = {
            "chat": {"id": chat.id, "title": chat.title, "type": chat.type},
            "from": user_json(by),
            "date": int(time.time()),
            "old_chat_member": before,
            "new_chat_member": member_json(bot, chat.rights),
        }
        self._tell("my_chat_member", change)
        self._ring()

    def typed(self, text: str, entities: list[Json] | None = None) -> tuple[str, list[Json]]:
        """What a person types, with what Telegram finds in it."""
        return formatted(text, entities, None, MAX_TEXT, "message")

    # Finding things

    def present(self, number: int) -> Chat:
        """The chat of this id, under the id it has now; `LookupError` when there is none."""
        chat = self.chats[number]
        while chat.moved_to is not None:
            chat = self.chats[chat.moved_to]
        return chat

    def user(self, name: str) -> User:
        """A person by @username or name; `LookupError` when nobody is called so."""
        for user in self.users.values():
            if name in (user.username, user.full_name, str(user.id)):
                return user
        raise LookupError(f"nobody is called {name}")

    def shown(self, message: Message) -> Shown:
        """A message as people see it."""
        rows = (message.markup or {}).get("inline_keyboard", [])
        counts: dict[str, int] = {}
        for given in message.reactions.values():
            for emoji in given:
                counts[emoji] = counts.get(emoji, 0) + 1
        marked = [mark for mark in message.entities if mark["type"] in _LIVE]
        return Shown(
            message.id,
            message.sender.full_name,
            message.text,
            message.sender.id == BOT_ID,
            message.edited is not None,
            message.file.name if message.file else "",
            tuple(button["text"] for row in rows for button in row),
            message.reply_to,
            tuple(cut_out(message.text, mark["offset"], mark["length"]) for mark in marked),
            message.previews and any(mark["type"] in ("url", "text_link") for mark in marked),
            counts,
            message,
        )

    def _hear(self, chat: Chat, message: Message) -> None:
        """Tell the bot of a message, if it is there and may see it."""
        if chat.rights.is_inside and (
            chat.rights.is_admin or self.reads_all or self._is_for_bot(chat, message)
        ):
            self._tell("message", message_json(chat, message))

    def _is_for_bot(self, chat: Chat, message: Message) -> bool:
        """What a bot in privacy mode sees: commands, mentions, replies to itself, service messages."""
        replied = chat.messages.get(message.reply_to or 0)
        to_bot = replied is not None and replied.sender.id == BOT_ID
        return (
            message.is_service or to_bot or message.text.startswith("/") or f"@{BOT_USERNAME}" in message.text
        )
