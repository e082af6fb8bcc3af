"""Chats: finding one as the bot may use it, and reading its facts."""

from ..arguments import Arguments
from ..backend import Backend
from ..errors import bad_request, forbidden
from ..records import BOT_ID, Chat, Json
from ..wire import full_chat_json, member_json
from .registry import method

ACTIONS = {
    "typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice",
    "upload_document", "choose_sticker", "find_location", "record_video_note", "upload_video_note",
}  # fmt: skip


def chat_for(telegram: Backend, args: Arguments) -> Chat:
    """The chat that a call is about, where the bot is in it."""
    try:
        chat = telegram.world.chats[int(args.need("chat_id"))]
    except (KeyError, ValueError):
        raise bad_request("chat not found") from None
    if chat.moved_to is not None:
        raise bad_request(
            "group chat was upgraded to a supergroup chat", {"migrate_to_chat_id": chat.moved_to}
        )
    if chat.rights.status == "kicked":
        raise forbidden(f"bot was kicked from the {chat.type} chat")
    if not chat.rights.is_inside:
        raise forbidden(f"bot is not a member of the {chat.type} chat")
    return chat


def thread_for(chat: Chat, thread: int | None) -> int | None:
    """The topic that a call names, where something can be written; None for the chat itself."""
    if thread is None:
        return None
    topic = chat.topics.get(thread)
    if topic is None:  # General, 1, is none that may be named
        raise bad_request("message thread not found")
    if topic.gone:
        raise bad_request(topic.gone)
    if topic.is_closed and not (chat.rights.is_admin and chat.rights.can_manage_topics):
        raise bad_request("TOPIC_CLOSED")
    return thread


@method("getChat")
def get_chat(telegram: Backend, args: Arguments) -> Json:
    """One chat with all that is known of it."""
    return full_chat_json(chat_for(telegram, args))


@method("getChatMember")
def get_chat_member(telegram: Backend, args: Arguments) -> Json:
    """Somebody's place in a chat."""
    chat = chat_for(telegram, args)
    user = telegram.world.users.get(args.need_number("user_id"))
    if user is None or user.id not in chat.members:
        raise bad_request("member not found")
    return member_json(user, chat.rights if user.id == BOT_ID else None)


@method("sendChatAction")
def send_chat_action(telegram: Backend, args: Arguments) -> bool:
    """Show that the bot is doing something."""
    chat = chat_for(telegram, args)
    action = args.need("action")
    if action not in ACTIONS:
        raise bad_request("wrong parameter action in request")
    telegram.actions.append((chat.id, thread_for(chat, args.number("message_thread_id")), action))
    return True
