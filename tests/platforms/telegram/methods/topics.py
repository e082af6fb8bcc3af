"""Forum topics: opening, renaming, closing, deleting."""

from ..arguments import Arguments
from ..backend import Backend
from ..errors import bad_request
from ..records import BOT_ID, Chat, Json, Topic
from .chats import chat_for
from .registry import method

MAX_NAME = 128
ICON_COLORS = (7322096, 16766590, 13338331, 9367192, 16749490, 16478047)


@method("createForumTopic")
def create_forum_topic(telegram: Backend, args: Arguments) -> Json:
    """A new topic."""
    chat = _forum(telegram, args, "create a topic")
    name, color = _name(args), args.number("icon_color") or ICON_COLORS[0]
    if color not in ICON_COLORS:
        raise bad_request("TOPIC_ICON_COLOR_INVALID")
    topic = telegram.world.add_topic(chat, telegram.world.users[BOT_ID], name, color)
    return {"message_thread_id": topic.id, "name": topic.name, "icon_color": topic.icon_color}


@method("editForumTopic")
def edit_forum_topic(telegram: Backend, args: Arguments) -> bool:
    """Another name for a topic."""
    chat = _forum(telegram, args, "edit the topic")
    topic = _topic(chat, args)
    name = _name(args) if "name" in args else topic.name
    if name == topic.name and "icon_custom_emoji_id" not in args:
        raise bad_request("TOPIC_NOT_MODIFIED")
    topic.name = name
    _tell(telegram, chat, topic, forum_topic_edited={"name": name})
    return True


@method("closeForumTopic")
def close_forum_topic(telegram: Backend, args: Arguments) -> bool:
    """Nobody but administrators can write in it any more."""
    return _set_closed(telegram, args, closed=True)


@method("reopenForumTopic")
def reopen_forum_topic(telegram: Backend, args: Arguments) -> bool:
    """Everybody can write in it again."""
    return _set_closed(telegram, args, closed=False)


@method("deleteForumTopic")
def delete_forum_topic(telegram: Backend, args: Arguments) -> bool:
    """The topic goes, with all its messages."""
    chat = _forum(telegram, args, "delete the topic")
    if not chat.rights.can_delete_messages:
        raise bad_request("not enough rights to delete the topic")
    remove(telegram, chat, _topic(chat, args), "message thread not found")
    return True


def remove(telegram: Backend, chat: Chat, topic: Topic, says: str) -> None:
    """Delete a topic; calls that name it are then refused with `says`. The bot is not told."""
    topic.gone = says
    for message in [m for m in chat.messages.values() if m.thread == topic.id]:
        del chat.messages[message.id]
    telegram.changes.ring()


def _set_closed(telegram: Backend, args: Arguments, *, closed: bool) -> bool:
    chat = _forum(telegram, args, "close the topic")
    topic = _topic(chat, args)
    if topic.is_closed == closed:
        raise bad_request("TOPIC_NOT_MODIFIED")
    topic.is_closed = closed
    if closed:
        _tell(telegram, chat, topic, forum_topic_closed={})
    else:
        _tell(telegram, chat, topic, forum_topic_reopened={})
    return True


def _tell(telegram: Backend, chat: Chat, topic: Topic, **what: Json) -> None:
    telegram.world.service(chat, telegram.world.users[BOT_ID], thread=topic.id, **what)


def _forum(telegram: Backend, args: Arguments, deed: str) -> Chat:
    chat = chat_for(telegram, args)
    if not chat.is_forum:
        raise bad_request("the chat is not a forum")
    if not (chat.rights.is_admin and chat.rights.can_manage_topics):
        raise bad_request(f"not enough rights to {deed}")
    return chat


def _topic(chat: Chat, args: Arguments) -> Topic:
    topic = chat.topics.get(args.need_number("message_thread_id"))
    if topic is None or topic.gone:
        raise bad_request("TOPIC_ID_INVALID")
    return topic


def _name(args: Arguments) -> str:
    name = (args.text("name") or "").strip()
    if not name:
        raise bad_request("TOPIC_TITLE_EMPTY")
    if len(name) > MAX_NAME:
        raise bad_request("TOPIC_TITLE_TOO_LONG")
    return name
