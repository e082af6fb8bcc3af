"""What people do in Telegram: write, edit, delete, press, react, look after topics; each as one method."""

import uuid
from typing import Any

from .backend import Backend, Query
from .methods.topics import remove
from .records import ANONYMOUS, CHANNEL_BOT, Chat, Json, Kind, Message, Shown, ShownTopic, Topic, User
from .wire import message_json, user_json


class Operators(Backend):
    """The gestures of people. Users are given by name, messages and topics by number.

    Where no chat is given, it is the office's, also after it has moved.
    """

    chat: int

    async def operator_says(
        self,
        user: str,
        text: str = "",
        *,
        thread: int | None = None,
        reply_to: int | None = None,
        file: tuple[str, bytes] | None = None,
        kind: str = "document",
        size: int | None = None,
        entities: list[Json] | None = None,
        album: str | None = None,
        anonymous: bool = False,
        signature: str = "",
        channel: int | None = None,
        chat: int | None = None,
        extra: Json | None = None,
    ) -> int:
        """Someone writes; returns the message's number.

        `file` is (name, content), shown as `kind`; `size` is what Telegram says of it. `anonymous` is an
        administrator who writes in the group's name, `channel` the id of one that posts here. `extra` is
        whatever else a message can be: `{"location": …}`. `LookupError` when the topic or the message
        replied to is not there, or the topic is closed to people.
        """
        where = self._chat(chat)
        if thread is not None:
            topic = self._topic(where, thread)
            if topic.is_closed:
                raise LookupError(f"topic {thread} is closed")
        if reply_to is not None:
            thread = self._message(where, reply_to).thread
        author = self._author(user, anonymous=anonymous, channel=channel)
        message = self.world.message(where, author, thread=thread, reply_to=reply_to)
        message.text, message.entities = self.world.typed(text, entities)
        message.sender_chat = where.id if anonymous else channel
        message.signature, message.album, message.extra = signature, album, extra or {}
        if file is not None:
            message.file = self.world.add_file(*file, kind, size=size)
        return self.world.post(message).id

    async def operator_edits(self, message: int, text: str, *, chat: int | None = None) -> int:
        """The author changes a message; returns its number."""
        found = self._message(self._chat(chat), message)
        found.text, found.entities = self.world.typed(text)
        self.world.edited(found)
        return message

    async def operator_deletes(self, message: int, *, chat: int | None = None) -> int:
        """Someone deletes a message; the bot is not told. Returns its number."""
        where = self._chat(chat)
        del where.messages[self._message(where, message).id]
        self.changes.ring()
        return message

    async def operator_reacts(
        self, user: str, message: int, emoji: str, *, remove: bool = False, chat: int | None = None
    ) -> int:
        """Someone reacts to a message, or takes the reaction back; returns the message's number."""
        found = self._message(self._chat(chat), message)
        self.world.react(found, self.world.user(user), [] if remove else [emoji])
        return message

    async def operator_presses(
        self, user: str, message: int, button: str, *, chat: int | None = None, old: bool = False
    ) -> str:
        """Someone presses a button, named by its text or the first word of its data; returns the press's id.

        `old` is a message so old that Telegram tells the bot no more than its number.
        `LookupError` when the message shows no such button, as then nobody could press it.
        """
        where = self._chat(chat)
        found = self._message(where, message)
        query = Query(str(uuid.uuid4().int)[:18])
        self.queries[query.id] = query
        whole = message_json(where, found)
        seen = {"chat": whole["chat"], "message_id": found.id, "date": 0} if old else whole
        press = {"id": query.id, "from": user_json(self.world.user(user)), "chat_instance": "1"}
        data = _data(found, button)
        self.updates.offer("callback_query", {**press, "message": seen, "data": data})
        return query.id

    # Topics

    async def operator_opens_topic(self, user: str, name: str, *, chat: int | None = None) -> int:
        """Someone makes a topic of their own; returns its number."""
        return self.world.add_topic(self._chat(chat), self.world.user(user), name).id

    async def operator_closes_topic(self, user: str, thread: int, *, chat: int | None = None) -> int:
        """Someone closes a topic; returns its number."""
        where = self._chat(chat)
        self._topic(where, thread).is_closed = True
        self.world.service(where, self.world.user(user), thread=thread, forum_topic_closed={})
        return thread

    async def operator_reopens_topic(self, user: str, thread: int, *, chat: int | None = None) -> int:
        """Someone opens a topic again; returns its number."""
        where = self._chat(chat)
        self._topic(where, thread).is_closed = False
        self.world.service(where, self.world.user(user), thread=thread, forum_topic_reopened={})
        return thread

    async def operator_deletes_topic(
        self, thread: int, *, says: str = "message thread not found", chat: int | None = None
    ) -> int:
        """Someone deletes a topic; the bot is not told, and finds out by `says`. Returns its number."""
        where = self._chat(chat)
        remove(self, where, self._topic(where, thread), says)
        return thread

    # The group and the bot's place in it

    def migrate(self, *, to: Kind = Kind.FORUM, told: bool = True, user: str = "anna") -> int:
        """The basic group becomes a supergroup, with a new id, which is returned; `told`: the bot hears of it."""
        old = self._chat(None)
        new = self.world.add_chat(to, old.title)
        new.rights, by = old.rights, self.world.user(user)
        if told:
            self.world.service(old, by, migrate_to_chat_id=new.id)
            self.world.service(new, by, migrate_from_chat_id=old.id)
        old.moved_to = new.id
        self.changes.ring()
        return new.id

    def set_rights(self, *, chat: int | None = None, by: str = "anna", **changes: Any) -> None:
        """Someone changes what the bot may do; `status="kicked"` throws it out."""
        self.world.set_rights(self._chat(chat), self.world.user(by), **changes)

    def add_user(self, name: str, full_name: str, *, is_bot: bool = False) -> int:
        """A new colleague, or another bot, in every chat; returns the id."""
        user = self.world.add_user(name, full_name, is_bot=is_bot)
        for chat in self.world.chats.values():
            chat.members.add(user.id)
        return user.id

    def add_chat(self, kind: str = Kind.FORUM, title: str = "Anagrafe") -> int:
        """A further group with the bot in it; returns its id."""
        return self.world.add_chat(Kind(kind), title).id

    # What is seen

    def topics(self, chat: int | None = None) -> list[ShownTopic]:
        """The topics of a chat that are there, oldest first."""
        found = self._chat(chat).topics.values()
        return [
            ShownTopic(topic.id, topic.name, topic.is_closed, topic.icon) for topic in found if not topic.gone
        ]

    def thread(self, thread: int, chat: int | None = None) -> list[Shown]:
        """What people see in a topic, oldest first, without Telegram's own lines."""
        messages = self._chat(chat).messages.values()
        return [self.world.shown(m) for m in messages if m.thread == thread and not m.is_service]

    def chain(self, root: int, chat: int | None = None) -> list[Shown]:
        """A message and what replies to it, oldest first."""
        messages = self._chat(chat).messages.values()
        return [self.world.shown(m) for m in messages if root in (m.id, m.reply_to)]

    def messages(self, chat: int | None = None) -> list[Shown]:
        """What people see outside of topics (in General, or in a group without any), oldest first."""
        messages = self._chat(chat).messages.values()
        return [self.world.shown(m) for m in messages if m.thread is None and not m.is_service]

    # Helpers

    def _chat(self, chat: int | None) -> Chat:
        return self.world.chats[chat] if chat is not None else self.world.present(self.chat)

    def _topic(self, chat: Chat, thread: int) -> Topic:
        topic = chat.topics.get(thread)
        if topic is None or topic.gone:
            raise LookupError(f"there is no topic {thread}")
        return topic

    def _message(self, chat: Chat, number: int) -> Message:
        if number not in chat.messages:
            raise LookupError(f"there is no message {number}")
        return chat.messages[number]

    def _author(self, user: str, *, anonymous: bool, channel: int | None) -> User:
        if anonymous:
            return User(ANONYMOUS, "Group", username="GroupAnonymousBot", is_bot=True)
        if channel is not None:
            return User(CHANNEL_BOT, "Channel", username="Channel_Bot", is_bot=True)
        return self.world.user(user)


def _data(message: Message, button: str) -> str:
    for row in (message.markup or {}).get("inline_keyboard", []):
        for candidate in row:
            data = str(candidate.get("callback_data", ""))
            if button in (candidate["text"], data, data.partition(":")[0]):
                return data
    raise LookupError(f"message {message.id} shows no button {button}")
