"""files.*: the external upload in three steps, and reading a file's facts."""

import asyncio

from ..arguments import Arguments
from ..backend import Backend
from ..errors import SlackError, invalid_arguments
from ..records import BOT_USER, File, Json, Message
from ..text import posted
from .chat import customise, thread, writable
from .registry import method

MAX_FILE = 1_000_000_000


@method("files.getUploadURLExternal", "files:write", "filename", "length")
def get_upload_url(slack: Backend, args: Arguments) -> Json:
    """Announce a file; its bytes then go to the address returned."""
    length = args.number("length", 0)
    if not 0 < length <= MAX_FILE:
        raise invalid_arguments("must be between 1 and 1000000000 [json-pointer:/length]")
    file = slack.workspace.add_file(args.need("filename"), length, BOT_USER)
    return {"upload_url": f"{slack.workspace.base_url}upload/v1/{file.id}", "file_id": file.id}


@method("files.completeUploadExternal", "files:write", "files")
def complete_upload(slack: Backend, args: Arguments) -> Json:
    """Finish uploads and share them.

    As in Slack the answer does not know the message: the share happens after it.
    """
    wanted = args.structure("files", "invalid_arguments")
    if not isinstance(wanted, list) or not wanted:
        raise invalid_arguments("must be an array with an item [json-pointer:/files]")
    files = [_received(slack, item) for item in wanted]
    if "channel_id" not in args and "channels" not in args:
        return _finish(slack, files)
    target = args.text("channel_id") or args.need("channels")
    channel = writable(slack, target)
    comment = posted(args.text("initial_comment") or "", None, False, slack.workspace.find_user)
    message = Message(channel.id, "", BOT_USER, comment, from_bot=True, files=[f.id for f in files])
    message.thread_ts = thread(slack, channel, args)
    customise(slack, args, message)
    answer = _finish(slack, files)
    asyncio.get_running_loop().call_soon(_share, slack, message)
    return answer


@method("files.info", "files:read", "file")
def info(slack: Backend, args: Arguments) -> Json:
    """One file, with where it was shared."""
    file = slack.workspace.files.get(args.need("file"))
    if file is None or file.content is None:
        raise SlackError("file_not_found")
    return {"file": slack.workspace.files_json([file.id])[0], "comments": []}


@method("files.delete", "files:write", "file")
def delete(slack: Backend, args: Arguments) -> Json:
    """Delete one of the bot's own files, wherever it was shared."""
    file = slack.workspace.files.get(args.need("file"))
    if file is None or not file.completed:
        raise SlackError("file_not_found")
    if file.owner != BOT_USER:
        raise SlackError("cant_delete_file")
    slack.workspace.delete_file(file)
    return {}


def receive(slack: Backend, file_id: str, content: bytes) -> str:
    """The second step: the bytes arrive. They must be as many as announced."""
    file = slack.workspace.files.get(file_id)
    if file is None or file.completed:
        raise SlackError("file_not_found")
    if len(content) != file.length:
        raise SlackError("file_upload_size_mismatch")
    file.content = content
    return f"OK - {len(content)}"


def _received(slack: Backend, item: object) -> File:
    if not isinstance(item, dict) or not isinstance(item.get("id"), str):
        raise invalid_arguments("must be objects with an id [json-pointer:/files]")
    file = slack.workspace.files.get(item["id"])
    if file is None or file.content is None or file.completed:
        raise SlackError("file_not_found")
    file.title = str(item.get("title") or file.name)
    return file


def _finish(slack: Backend, files: list[File]) -> Json:
    for file in files:
        file.completed = True
    return {"files": [{"id": f.id, "title": f.title} for f in files]}


def _share(slack: Backend, message: Message) -> None:
    message.ts = slack.workspace.fresh_ts()
    slack.workspace.post(message)
