"""What operators do on Telegram, one update at a time, to the hub."""

import logging
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from telegram import (
    Bot,
    CallbackQuery,
    InlineKeyboardMarkup,
    Message,
    MessageReactionUpdated,
    ReactionType,
    ReactionTypeEmoji,
    Update,
    User,
)
from telegram.error import TelegramError

from bridges.telegram.aside import Aside
from bridges.telegram.attachments import Attachment, NotFetched, TooLarge, attachment_of, fetch
from bridges.telegram.buttons import BACK, MENU, answers, departments, keyboard, lengths
from bridges.telegram.chats import Chats, follow
from bridges.telegram.format import marks_in, plain
from bridges.telegram.gone import Gone
from bridges.telegram.ids import NAME, Button, Topic, button_of, mark_of, update_key
from bridges.telegram.render import Words
from bridges.telegram.underway import Underway
from routing import commands
from routing.blocking import LENGTHS
from routing.careful import without_sign
from routing.commands import Command
from routing.files import MOST_BYTES, safe_name, size_in_words
from routing.hub import Hub
from routing.inbound import Arrival, Operator
from routing.styled import Mark

log = logging.getLogger(__name__)

_ALBUMS = 500


@dataclass(slots=True)
class Identity:
    """Who the bot is, as far as it is known; Telegram need not have said it yet."""

    id: int | None = None
    username: str | None = None


class Inbound:
    """Takes updates in."""

    def __init__(
        self,
        hub: Hub,
        bot: Bot,
        chats: Chats,
        identity: Identity,
        underway: Underway,
        aside: Aside,
        changed: Callable[[str], None],
        gone: Gone,
    ) -> None:
        """Take the parts that it needs; ``changed`` is told of a conversation that may look different now."""
        self._hub = hub
        self._bot = bot
        self._chats = chats
        self._me = identity
        self._underway = underway
        self._aside = aside
        self._changed = changed
        self._gone = gone
        self._marked_albums: OrderedDict[str, None] = OrderedDict()

    async def handle(self, update: Update) -> None:
        """Tell the hub what the update says; returns once that is on disk.

        Raises
        ------
        StorageError, OSError
            If it could not be written: the update is to be handled again.
        """
        key = update_key(update)
        if update.message is not None:
            await self._message(key, update.message)
        elif update.edited_message is not None:
            await self._edited(key, update.edited_message)
        elif update.callback_query is not None:
            await self._pressed(key, update.callback_query)
        elif update.message_reaction is not None:
            await self._reacted(key, update.message_reaction)
        elif update.my_chat_member is not None:
            self._chats.doubt(str(update.my_chat_member.chat.id))

    async def _message(self, key: str, message: Message) -> None:
        chat = str(message.chat.id)
        if message.migrate_to_chat_id is not None:
            await follow(self._hub, self._chats, chat, str(message.migrate_to_chat_id))
            return
        if message.migrate_from_chat_id is not None:
            await follow(self._hub, self._chats, str(message.migrate_from_chat_id), chat)
            return
        operator = self._author(message)
        if operator is None:
            return
        conversation_id = await self._conversation_of(message)
        if conversation_id is None and not self._chats.is_ours(chat):
            return  # a stranger's chat with the bot: nothing said there concerns the office
        if message.chat.is_forum:
            self._chats.learnt_topics(chat, has_them=True)
        arrival = Arrival(NAME, key, chat, operator, str(message.message_id), _topic_of(message))
        if message.forum_topic_closed is not None:
            if conversation_id is not None:
                await self._hub.operator_commanded(arrival, conversation_id, Command("close"))
            return
        await self._said(arrival, conversation_id, message)
        if conversation_id is not None:
            self._changed(conversation_id)

    async def _said(self, arrival: Arrival, conversation_id: str | None, message: Message) -> None:
        text = _text_of(message)
        attachment = attachment_of(message)
        command = commands.parse(text, "/")
        if command is not None:
            if command.name == "pass":
                command = replace(command, people=_mentioned(message))
            if self._is_for_us(text, command, inside=conversation_id is not None):
                await self._command(arrival, conversation_id, command, attachment)
            return
        if conversation_id is None:
            if self._answers_us(message):
                self._aside.run(self._gone.wrote(message))
            return
        marked = self._is_marked(message, text)
        if attachment is not None:
            await self._file(arrival, conversation_id, attachment, text, marked, _marks_of(message))
        elif text.strip():
            await self._hub.operator_wrote(
                arrival, conversation_id, text, marked=marked, marks=_marks_of(message)
            )
        elif message.effective_attachment is not None:
            # A poll, a game…: the citizen cannot be shown it, and the operator must know.
            kind = type(message.effective_attachment).__name__.lower()
            await self._hub.answer(arrival, conversation_id, f"✗ ({kind})")

    def _is_marked(self, message: Message, text: str) -> bool | None:
        """What a message itself says of whom it is for: see ``Operators.operator_wrote``."""
        if message.forward_origin is not None:
            return False  # a colleague's words from elsewhere: its first letter was not meant for us
        album = message.media_group_id
        if album is None:
            return None
        # The pictures of an album come one by one, and the first alone has the text.
        if without_sign(text) is not None:
            self._marked_albums[album] = None
            while len(self._marked_albums) > _ALBUMS:
                self._marked_albums.popitem(last=False)
        return True if album in self._marked_albums else None

    async def _command(
        self, arrival: Arrival, conversation_id: str | None, command: Command, attachment: Attachment | None
    ) -> None:
        """A command may be the caption of a file: the file then stays inside, and a note names it."""
        if attachment is not None and command.name == "note":
            command = Command(command.name, f"{command.argument} 📎 {safe_name(attachment.name)}".strip())
        await self._hub.operator_commanded(arrival, conversation_id, command)

    async def _file(
        self,
        arrival: Arrival,
        conversation_id: str,
        attachment: Attachment,
        text: str,
        marked: bool | None,
        marks: tuple[Mark, ...],
    ) -> None:
        name = safe_name(attachment.name)
        try:
            content = await fetch(self._bot, attachment)
        except NotFetched as error:
            why = f"> {size_in_words(MOST_BYTES)}" if isinstance(error, TooLarge) else "Telegram"
            log.warning("telegram: a file of an operator could not be fetched (%s)", why)
            await self._hub.answer(arrival, conversation_id, f"📎 {name}: ✗ ({why})")
            if text.strip():
                await self._hub.operator_wrote(arrival, conversation_id, text, marked=marked, marks=marks)
            return
        await self._hub.operator_sent_file(
            arrival, conversation_id, name, content, text, marked=marked, marks=marks
        )

    async def _edited(self, key: str, message: Message) -> None:
        operator = self._author(message)
        if operator is None:
            return
        text = _text_of(message)
        if commands.parse(text, "/") is not None:
            return  # made a command after the fact: the citizen keeps what was sent, and sees no command
        arrival = Arrival(
            NAME, key, str(message.chat.id), operator, str(message.message_id), _topic_of(message)
        )
        await self._hub.operator_edited(arrival, text, _marks_of(message))

    async def _reacted(self, key: str, change: MessageReactionUpdated) -> None:
        """Telegram never tells of bots' own reactions, so that ours do not come back."""
        user = change.user
        if user is not None:
            operator = _operator(user)
        else:  # an administrator who stays anonymous
            who = change.actor_chat.id if change.actor_chat else change.chat.id
            operator = Operator(f"chat:{who}", self._hub.settings.office.name)
        if await self._hub.message_at(NAME, str(change.chat.id), str(change.message_id)) is None:
            await self._underway.over(str(change.chat.id))  # it may be on what we are just posting
        before, after = _emoji(change.old_reaction), _emoji(change.new_reaction)
        await self._hub.operator_reacted(
            Arrival(NAME, key, str(change.chat.id), operator, str(change.message_id)),
            added=tuple(emoji for emoji in after if emoji not in before),
            removed=tuple(emoji for emoji in before if emoji not in after),
        )

    async def _pressed(self, key: str, query: CallbackQuery) -> None:
        self._aside.run(query.answer())
        button = button_of(query.data or "")
        if button is None or query.message is None or query.from_user.is_bot:
            return
        chat = str(query.message.chat.id)
        message = str(query.message.message_id)
        if not self._chats.is_ours(chat) and await self._hub.message_at(NAME, chat, message) is None:
            return
        if await self._hub.conversation(button.conversation_id) is None:
            if isinstance(query.message, Message):
                self._aside.run(self._gone.pressed(query.message))
            return
        names = [department.name for department in self._hub.settings.departments]
        arrival = Arrival(NAME, key, chat, _operator(query.from_user))
        if button.action == "pass" and names and not button.choice:
            self._aside.run(self._offer_departments(query, button, arrival, names))
            return
        if button.action == MENU:
            every = [reply.name for reply in self._hub.settings.replies]
            page = int(button.choice) if button.choice.isdecimal() else 0
            self._aside.run(_show(query, answers(button.conversation_id, every, page)))
            return
        if button.action == "block" and button.choice not in LENGTHS:
            self._aside.run(_show(query, lengths(button.conversation_id, Words.of(self._hub.settings))))
            return
        if button.action != BACK:
            if button.action == "reply":
                names = [reply.name for reply in self._hub.settings.replies]
            chosen = next((name for name in names if mark_of(name) == button.choice), "")
            if button.action == "block":
                chosen = button.choice
            await self._hub.operator_commanded(
                arrival, button.conversation_id, Command(button.action, chosen)
            )
        if button.action in (BACK, "pass", "reply", "block"):
            words = Words.of(self._hub.settings)
            is_callback = await self._hub.store.callback_of(button.conversation_id) is not None
            info = await self._hub.conversation(button.conversation_id)
            if info is not None:
                question = await self._hub.question_of(info.id)
                blocked = self._hub.is_blocked(info)
                markup = keyboard(info, words, is_callback=is_callback, blocked=blocked, question=question)
                self._aside.run(_show(query, markup))

    async def _offer_departments(
        self, query: CallbackQuery, button: Button, arrival: Arrival, names: list[str]
    ) -> None:
        """Put a button for each department under the message; where that fails, list them in an answer."""
        try:
            await _show(query, departments(button.conversation_id, names))
        except TelegramError:
            await self._hub.operator_commanded(arrival, button.conversation_id, Command("pass"))

    async def _conversation_of(self, message: Message) -> str | None:
        """The conversation that a message was written into: by its topic, else by what it replies to."""
        found = await self._look_up(message)
        if found is None and (message.is_topic_message or message.reply_to_message is not None):
            # It may answer what we are just posting.
            await self._underway.over(str(message.chat.id))
            found = await self._look_up(message)
        return found

    async def _look_up(self, message: Message) -> str | None:
        chat = str(message.chat.id)
        topic = _topic_of(message)
        if topic is not None:
            thread = await self._hub.thread_at(NAME, chat, topic)
            return thread.conversation_id if thread else None
        if message.reply_to_message is None:
            return None
        found = await self._hub.message_at(NAME, chat, str(message.reply_to_message.message_id))
        if found is None and message.message_thread_id is not None and not message.chat.is_forum:
            # In a supergroup without topics it is the number of the chain's first message.
            found = await self._hub.message_at(NAME, chat, str(message.message_thread_id))
        return found.conversation_id if found else await self._by_buttons(message.reply_to_message)

    async def _by_buttons(self, shown: Message) -> str | None:
        """The conversation of a first message that Telegram has and we never learnt the number of."""
        if shown.from_user is None or shown.from_user.id != self._me.id or shown.reply_markup is None:
            return None
        first = next((button for row in shown.reply_markup.inline_keyboard for button in row), None)
        button = button_of(str(first.callback_data)) if first is not None else None
        info = await self._hub.conversation(button.conversation_id) if button is not None else None
        return info.id if info else None

    def _answers_us(self, message: Message) -> bool:
        """Whether an operator must think that a citizen reads it: it is in a topic of ours, or replies to us."""
        answered = message.reply_to_message
        return (
            answered is not None and answered.from_user is not None and answered.from_user.id == self._me.id
        )

    def _author(self, message: Message) -> Operator | None:
        """Who wrote it; None for bots (us too) and for channels."""
        group = message.sender_chat
        if group is not None:
            if group.id != message.chat.id:
                return None
            # An administrator who stays anonymous writes in the group's name.
            name = message.author_signature or self._hub.settings.office.name
            return Operator(f"chat:{group.id}", name)
        user = message.from_user
        if user is None or user.is_bot or user.id == self._me.id:
            return None
        return _operator(user)

    def _is_for_us(self, text: str, command: Command, *, inside: bool) -> bool:
        """Whether a command is meant for this bot: a group may have several."""
        addressee = text.split(maxsplit=1)[0].partition("@")[2].casefold()
        if addressee:
            return self._me.username is None or addressee == self._me.username.casefold()
        return inside or command.name in commands.NAMES


async def _show(query: CallbackQuery, markup: InlineKeyboardMarkup | None) -> None:
    await query.edit_message_reply_markup(markup)


def _mentioned(message: Message) -> tuple[str, ...]:
    """The people a message mentions whom Telegram names; of others it tells only what they call themselves."""
    return tuple(entity.user.full_name for entity in message.entities if entity.user is not None)


def _topic_of(message: Message) -> str | None:
    """The topic a message is in; outside topics Telegram gives message_thread_id a number of no use."""
    if message.is_topic_message and message.message_thread_id is not None:
        return str(Topic(message.message_thread_id))
    return None


def _emoji(reactions: Iterable[ReactionType]) -> tuple[str, ...]:
    """The emoji among reactions; a group may have pictures of its own, which only Telegram can show."""
    return tuple(one.emoji for one in reactions if isinstance(one, ReactionTypeEmoji))


def _operator(user: User) -> Operator:
    return Operator(str(user.id), user.full_name)


def _marks_of(message: Message) -> tuple[Mark, ...]:
    """How pieces of what ``_text_of`` gives are shown."""
    if message.text is not None:
        return marks_in(message.text, message.entities)
    return marks_in(message.caption or "", message.caption_entities)


def _text_of(message: Message) -> str:
    """What a message says, as plain text; caption and small things that text can stand for included."""
    if message.text is not None:
        return plain(message.text, message.entities)
    if message.caption is not None:
        return plain(message.caption, message.caption_entities)
    if message.sticker is not None and (message.sticker.is_animated or message.sticker.is_video):
        return message.sticker.emoji or ""
    if message.contact is not None:
        contact = message.contact
        return " ".join(filter(None, (contact.first_name, contact.last_name, contact.phone_number)))
    if message.venue is not None:
        return f"📍 {message.venue.title}, {message.venue.address}"
    if message.location is not None:
        return f"📍 {message.location.latitude:.5f}, {message.location.longitude:.5f}"
    return ""
