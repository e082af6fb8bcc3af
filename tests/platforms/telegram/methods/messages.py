"""Messages: sending, changing, taking away, reacting."""

from typing import Any

from telegram.constants import ReactionEmoji

from ..arguments import Arguments
from ..backend import Backend
from ..entities import MAX_CAPTION, MAX_TEXT, formatted
from ..errors import bad_request
from ..records import BOT_ID, Chat, Json, Message
from ..wire import message_json
from .chats import chat_for, thread_for
from .registry import method

MAX_DATA = 64
_ACTIONS = {"callback_data", "url", "web_app", "login_url", "switch_inline_query", "copy_text", "pay"}
_EMOJI = {str(emoji.value) for emoji in ReactionEmoji}
_SAME = (
    "message is not modified: specified new message content and reply markup are exactly the same as a "
    "current content and reply markup of the message"
)


@method("sendMessage")
def send_message(telegram: Backend, args: Arguments) -> Json:
    """A message of text."""
    chat = chat_for(telegram, args)
    message = prepared(telegram, chat, args)
    if not chat.rights.can_send_messages:
        raise bad_request("not enough rights to send text messages to the chat")
    message.text, message.entities = _text(args)
    message.previews = not _no_preview(args)
    return sent(telegram, chat, message)


@method("editMessageText")
def edit_message_text(telegram: Backend, args: Arguments) -> Json:
    """Another text for a message of the bot's; a keyboard that is not given again goes."""
    chat, message = _own(telegram, args)
    if message.file is not None:
        raise bad_request("there is no text in the message to edit")
    return _changed(telegram, chat, message, *_text(args), markup(args))


@method("editMessageCaption")
def edit_message_caption(telegram: Backend, args: Arguments) -> Json:
    """Another caption for a file of the bot's."""
    chat, message = _own(telegram, args)
    if message.file is None:
        raise bad_request("there is no caption in the message to edit")
    return _changed(telegram, chat, message, *caption(args), markup(args))


@method("editMessageReplyMarkup")
def edit_message_reply_markup(telegram: Backend, args: Arguments) -> Json:
    """Another keyboard for a message of the bot's."""
    chat, message = _own(telegram, args)
    return _changed(telegram, chat, message, message.text, message.entities, markup(args))


@method("deleteMessage")
def delete_message(telegram: Backend, args: Arguments) -> bool:
    """Take a message away: the bot's own for 48 hours, any where the bot may delete."""
    chat = chat_for(telegram, args)
    message = chat.messages.get(args.need_number("message_id"))
    if message is None:
        raise bad_request("message to delete not found")
    if not (chat.rights.is_admin and chat.rights.can_delete_messages):
        if message.sender.id != BOT_ID:
            raise bad_request("message can't be deleted")
        if message.too_old:
            raise bad_request("message can't be deleted for everyone")
    del chat.messages[message.id]
    telegram.changes.ring()
    return True


@method("setMessageReaction")
def set_message_reaction(telegram: Backend, args: Arguments) -> bool:
    """The bot's reaction: one emoji of those that Telegram has for it, or none."""
    chat = chat_for(telegram, args)
    message = chat.messages.get(args.need_number("message_id"))
    if message is None:
        raise bad_request("message to react not found")
    wanted = args.structure("reaction", list) or []
    if len(wanted) > 1:
        raise bad_request("REACTIONS_TOO_MANY")
    if any(not isinstance(one, dict) or one.get("emoji") not in _EMOJI for one in wanted):
        raise bad_request("REACTION_INVALID")
    telegram.world.react(message, telegram.world.users[BOT_ID], [one["emoji"] for one in wanted])
    return True


def prepared(telegram: Backend, chat: Chat, args: Arguments) -> Message:
    """A new message of the bot's at its place, still empty; it takes a number only once it is sent."""
    thread = thread_for(chat, args.number("message_thread_id"))
    reply_to = _replied(chat, args)
    if reply_to is not None and thread is None:
        thread = chat.messages[reply_to].thread
    bot = telegram.world.users[BOT_ID]
    return Message(chat.id, 0, bot, 0, thread=thread, reply_to=reply_to, markup=markup(args))


def sent(telegram: Backend, chat: Chat, message: Message) -> Json:
    """Post a prepared message; the answer to the call."""
    numbered = telegram.world.message(chat, message.sender)
    message.id, message.date = numbered.id, numbered.date
    return message_json(chat, telegram.world.post(message))


def caption(args: Arguments) -> tuple[str, list[Json]]:
    """A file's caption with its entities."""
    marks = args.structure("caption_entities", list)
    words = args.text("caption") or ""
    return formatted(words, marks, args.text("parse_mode"), MAX_CAPTION, "message caption")


def markup(args: Arguments) -> Json | None:
    """The keyboard, when Telegram would take it."""
    found = args.structure("reply_markup", dict)
    if found is None:
        return None
    rows = found.get("inline_keyboard")
    if not isinstance(rows, list) or any(not isinstance(row, list) for row in rows):
        raise bad_request("can't parse reply keyboard markup JSON object")
    for row in rows:
        for button in row:
            _check_button(button)
    return {"inline_keyboard": rows} if rows else None


def _check_button(button: Any) -> None:
    if not isinstance(button, dict) or not button.get("text"):
        raise bad_request('can\'t parse inline keyboard button: Field "text" must be non-empty')
    if len(_ACTIONS & button.keys()) != 1:
        raise bad_request(
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
        )
    if not 1 <= len(str(button.get("callback_data", "-")).encode()) <= MAX_DATA:
        raise bad_request("BUTTON_DATA_INVALID")


def _text(args: Arguments) -> tuple[str, list[Json]]:
    marks = args.structure("entities", list)
    text, found = formatted(args.need("text"), marks, args.text("parse_mode"), MAX_TEXT, "message")
    if not text:
        raise bad_request("message text is empty")
    return text, found


def _no_preview(args: Arguments) -> bool:
    options = args.structure("link_preview_options", dict) or {}
    return bool(options.get("is_disabled"))


def _replied(chat: Chat, args: Arguments) -> int | None:
    reply = args.structure("reply_parameters", dict)
    if reply is None:
        return None
    number = reply.get("message_id")
    if isinstance(number, int) and number in chat.messages:
        return number
    if reply.get("allow_sending_without_reply"):
        return None
    raise bad_request("message to be replied not found")


def _own(telegram: Backend, args: Arguments) -> tuple[Chat, Message]:
    chat = chat_for(telegram, args)
    message = chat.messages.get(args.need_number("message_id"))
    if message is None:
        raise bad_request("message to edit not found")
    if message.sender.id != BOT_ID or message.is_service:
        raise bad_request("message can't be edited")
    return chat, message


def _changed(
    telegram: Backend, chat: Chat, message: Message, text: str, marks: list[Json], keyboard: Json | None
) -> Json:
    if (message.text, message.entities, message.markup) == (text, marks, keyboard):
        raise bad_request(_SAME)
    only_keyboard = (message.text, message.entities) == (text, marks)
    message.text, message.entities, message.markup = text, marks, keyboard
    if only_keyboard:
        telegram.changes.ring()
    else:
        telegram.world.edited(message)
    return message_json(chat, message)
