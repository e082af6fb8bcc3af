"""Forum topics: opening, renaming, closing, deleting."""

from ..arguments import Arguments
from ..backend import Backend
from ..errors import bad_request
from ..records import BOT_ID, Chat, Json, Topic
from .chats import chat_for
from .registry import method

MAX_NAME = 128
ICON_COLORS = (7322096, 16766590, 13338331, 9367192, 16749490, 16478047)
ICONS = {
    "5379748062124056162": "❗️",
    "5417915203100613993": "💬",
    "5312241539987020022": "🔥",
    "5237699328843200968": "✅",
    "5408906741125490282": "🏁",
}
"""Some of those that Telegram offers, by `custom_emoji_id`."""


@method("createForumTopic")
def create_forum_topic(telegram: Backend, args: Arguments) -> Json:
    """A new topic."""
    chat = _forum(telegram, args, "create a topic")
    name, color = _name(args), args.number("icon_color") or ICON_COLORS[0]
    if color not in ICON_COLORS:
        raise bad_request("TOPIC_ICON_COLOR_INVALID")
    icon = _icon(args, "")
    topic = telegram.world.add_topic(chat, telegram.world.users[BOT_ID], name, color)
    topic.icon = icon
    return {"message_thread_id": topic.id, "name": topic.name, "icon_color": topic.icon_color}


@method("getForumTopicIconStickers")
def get_forum_topic_icon_stickers(telegram: Backend, args: Arguments) -> list[Json]:
    """The emoji that a bot may give a topic for its icon."""
    size = {"width": 100, "height": 100, "is_animated": False, "is_video": True}
    return [
        {
            "file_id": f"f{id}",
            "file_unique_id": f"u{id}",
            "type": "custom_emoji",
            **size,
            "emoji": emoji,
            "custom_emoji_id": id,
        }
        for id, emoji in ICONS.items()
    ]


@method("editForumTopic")
def edit_forum_topic(telegram: Backend, args: Arguments) -> bool:
    """Another name or icon for a topic."""
    chat = _forum(telegram, args, "edit the topic")
    topic = _topic(chat, args)
    name = _name(args) if "name" in args else topic.name
    icon = _icon(args, topic.icon)
    if (name, icon) == (topic.name, topic.icon):
        raise bad_request("TOPIC_NOT_MODIFIED")
    topic.name, topic.icon = name, icon
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


def _icon(args: Arguments, otherwise: str) -> str:
    wanted = args.text("icon_custom_emoji_id")
    if not wanted:
        return otherwise
    if wanted not in ICONS:
        raise bad_request("DOCUMENT_INVALID")
    return ICONS[wanted]


def _name(args: Arguments) -> str:
    name = (args.text("name") or "").strip()
    if not name:
        raise bad_request("TOPIC_TITLE_EMPTY")
    if len(name) > MAX_NAME:
        raise bad_request("TOPIC_TITLE_TOO_LONG")
    return name
