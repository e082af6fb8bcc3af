"""Slack's JSON for users, channels, files and messages."""

from .records import BOT_USER, SLACKBOT, TEAM, App, Channel, File, Json, Message, User


def bot_profile(app: App) -> Json:
    """Who an app is, as its plain posts carry it."""
    profile: Json = {"id": app.bot, "app_id": app.id, "name": app.name}
    return {**profile, "icons": {}, "deleted": False, "team_id": TEAM}


def user_object(user: User) -> Json:
    """`users.info`'s user."""
    first, _, last = user.real_name.partition(" ")
    profile = {
        "real_name": user.real_name,
        "real_name_normalized": user.real_name,
        "display_name": user.display_name,
        "display_name_normalized": user.display_name,
        "first_name": first,
        "last_name": last,
        "team": TEAM,
    }
    return {
        "id": user.id,
        "team_id": TEAM,
        "name": user.name,
        "real_name": user.real_name,
        "deleted": user.deleted,
        "is_bot": user.is_bot,
        "is_app_user": False,
        "tz": "Europe/Rome",
        "profile": profile,
    }


def channel_object(channel: Channel) -> Json:
    """`conversations.info`'s channel."""
    return {
        "id": channel.id,
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": not channel.is_private,
        "is_group": channel.is_private,
        "is_im": False,
        "is_mpim": False,
        "is_private": channel.is_private,
        "is_archived": channel.is_archived,
        "is_general": False,
        "is_member": BOT_USER in channel.members,
        "num_members": len(channel.members),
        "context_team_id": TEAM,
    }


def file_object(file: File, base_url: str, private: set[str]) -> Json:
    """A file as in `files.info` and in messages; `private` are the ids of private channels."""
    url = f"{base_url}files-pri/{TEAM}-{file.id}/"
    shares: Json = {}
    for channel, stamps in file.shares.items():
        kind = "private" if channel in private else "public"
        shares.setdefault(kind, {})[channel] = [{"ts": ts} for ts in stamps]
    return {
        "id": file.id,
        "created": file.created,
        "timestamp": file.created,
        "name": file.name,
        "title": file.title or file.name,
        "mimetype": file.mimetype,
        "filetype": file.name.rpartition(".")[2],
        "user": file.owner,
        "user_team": TEAM,
        "size": file.length,
        "mode": "hosted",
        "is_external": False,
        "is_public": any(channel not in private for channel in file.shares),
        "file_access": "visible",
        "url_private": url + file.name,
        "url_private_download": f"{url}download/{file.name}",
        "permalink": f"https://linea.slack.com/files/{file.owner}/{file.id}/{file.name}",
        "shares": shares,
    }


def message_object(message: Message, files: list[Json], with_metadata: bool) -> Json:
    """A message as Slack hands it out; what is empty is left out.

    An app's post that customises its name has subtype `bot_message` and no user; a plain one has both
    user and bot_id.
    """
    if message.tombstone:
        return _tombstone(message)
    result: Json = {"type": "message", "ts": message.ts, "text": message.text, "team": TEAM}
    if message.from_bot:
        result |= {"bot_id": message.app.bot, "app_id": message.app.id}
    if message.username or message.icons:
        result |= {
            "subtype": "bot_message",
            "username": message.username or message.app.name,
            "icons": message.icons,
        }
    else:
        result["user"] = message.user
        if message.from_bot:
            result["bot_profile"] = bot_profile(message.app)
    if message.broadcast:
        result["subtype"] = "thread_broadcast"
    if files:
        result |= {"subtype": "file_share", "files": files, "upload": False}
    for name in ("client_msg_id", "thread_ts", "edited", "blocks", "attachments"):
        if value := getattr(message, name):
            result[name] = value
    if message.reactions:
        result["reactions"] = [
            {"name": name, "users": list(users), "count": len(users)}
            for name, users in message.reactions.items()
        ]
    if with_metadata and message.metadata:
        result["metadata"] = message.metadata
    return result


def _tombstone(message: Message) -> Json:
    return {
        "type": "message",
        "subtype": "tombstone",
        "user": SLACKBOT,
        "text": "This message was deleted.",
        "hidden": True,
        "ts": message.ts,
        "thread_ts": message.thread_ts,
    }
