"""Telegram's objects as JSON, in the shapes of the Bot API."""

from .records import BOT_ID, BOT_USERNAME, Chat, File, Json, Message, Rights, User

_RIGHTS = (
    "can_be_edited", "is_anonymous", "can_manage_chat", "can_manage_video_chats", "can_restrict_members",
    "can_promote_members", "can_change_info", "can_invite_users", "can_post_stories", "can_edit_stories",
    "can_delete_stories",
)  # fmt: skip
_MAY_SEND = (
    "can_send_audios", "can_send_videos", "can_send_video_notes", "can_send_voice_notes", "can_send_polls",
    "can_send_other_messages", "can_add_web_page_previews", "can_change_info", "can_invite_users",
    "can_edit_tag", "can_react_to_messages",
)  # fmt: skip


def user_json(user: User) -> Json:
    """A person or bot."""
    found: Json = {"id": user.id, "is_bot": user.is_bot, "first_name": user.first_name}
    if user.last_name:
        found["last_name"] = user.last_name
    if user.username:
        found["username"] = user.username
    return found


def me_json(bot: User, *, reads_all: bool) -> Json:
    """The bot itself, as getMe gives it."""
    more = {
        "can_join_groups": True,
        "can_read_all_group_messages": reads_all,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }
    return {**user_json(bot), **more}


def chat_json(chat: Chat) -> Json:
    """A group, as it stands in messages."""
    found: Json = {"id": chat.id, "title": chat.title, "type": chat.type}
    return {**found, "is_forum": True} if chat.is_forum else found


def full_chat_json(chat: Chat) -> Json:
    """A group, as getChat gives it."""
    gifts = dict.fromkeys(
        ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels"),
        False,
    )
    more = {"accent_color_id": 3, "max_reaction_count": 11, "accepted_gift_types": gifts}
    return {**chat_json(chat), **more, "permissions": {"can_send_messages": True}}


def member_json(user: User, rights: Rights | None) -> Json:
    """Somebody's place in a chat; people are plain members, the bot has its rights."""
    found: Json = {"user": user_json(user), "status": rights.status if rights else "member"}
    if rights is None or rights.status in ("member", "left"):
        return found
    if rights.status == "kicked":
        return {**found, "until_date": 0}
    own = {
        "can_manage_topics": rights.can_manage_topics,
        "can_pin_messages": rights.can_pin_messages,
    }
    if rights.is_admin:
        more = dict.fromkeys(_RIGHTS, False) | {"can_manage_chat": True}
        return {**found, **more, **own, "can_delete_messages": rights.can_delete_messages}
    files = dict.fromkeys(("can_send_documents", "can_send_photos"), rights.can_send_files)
    more = {"is_member": True, "until_date": 0, "can_send_messages": rights.can_send_messages}
    return {**found, **dict.fromkeys(_MAY_SEND, False), **files, **more, **own}


def file_json(file: File) -> Json:
    """The field of a message that carries a file."""
    facts: Json = {"file_id": file.id, "file_unique_id": file.unique_id, "file_size": file.size}
    named = {"file_name": file.name, "mime_type": file.mime}
    square = {"width": 320, "height": 320}
    match file.kind:
        case "photo":
            small = {**facts, "file_id": f"{file.id}-small", "file_unique_id": f"{file.unique_id}s"}
            return {"photo": [{**small, "width": 90, "height": 90, "file_size": 900}, {**facts, **square}]}
        case "voice":
            return {"voice": {**facts, "duration": 3, "mime_type": file.mime}}
        case "audio":
            return {"audio": {**facts, **named, "duration": 3}}
        case "video":
            return {"video": {**facts, **named, **square, "duration": 3}}
        case "video_note":
            return {"video_note": {**facts, "length": 240, "duration": 3}}
        case "animation":
            moving = {**facts, **named, **square, "duration": 3}
            return {"animation": moving, "document": {**facts, **named}}
        case "sticker":
            still = {"type": "regular", "is_animated": False, "is_video": False, "emoji": "👍"}
            return {"sticker": {**facts, **square, **still}}
        case _:
            return {"document": {**facts, **named}}


def message_json(chat: Chat, message: Message, *, bare: bool = False) -> Json:
    """A message; `bare` leaves out what it replies to, as inside another one's reply_to_message."""
    found: Json = {
        "message_id": message.id,
        "from": user_json(message.sender),
        "chat": chat_json(chat),
        "date": message.date,
        **_place(chat, message),
        **message.extra,
    }
    if message.sender_chat is not None:
        found["sender_chat"] = _sender_chat(chat, message.sender_chat)
    optional = {
        "author_signature": message.signature,
        "edit_date": message.edited,
        "media_group_id": message.album,
        "reply_markup": message.markup,
    }
    found |= {name: value for name, value in optional.items() if value}
    words, marks = ("caption", "caption_entities") if message.file else ("text", "entities")
    if message.file is not None:
        found |= file_json(message.file)
    if message.text:
        found[words] = message.text
    if message.entities:
        found[marks] = message.entities
    replied = message.reply_to if message.reply_to is not None else message.thread
    if not bare and replied in chat.messages and replied != message.id:
        # Whatever is written into a topic replies at least to the message that made the topic.
        found["reply_to_message"] = message_json(chat, chat.messages[replied], bare=True)
    return found


def _place(chat: Chat, message: Message) -> Json:
    """The thread; outside topics replies carry the number of their chain's first message, of no use."""
    if message.thread is not None:
        return {"message_thread_id": message.thread, "is_topic_message": True}
    root = message
    while root.reply_to in chat.messages:
        root = chat.messages[root.reply_to]
    return {} if root is message or chat.type == "group" else {"message_thread_id": root.id}


def _sender_chat(chat: Chat, sender: int) -> Json:
    return chat_json(chat) if sender == chat.id else {"id": sender, "title": "Notizie", "type": "channel"}


def the_bot() -> User:
    """Our bot's user."""
    return User(BOT_ID, "Linea Diretta", username=BOT_USERNAME, is_bot=True)
