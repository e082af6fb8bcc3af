"""Files: what the bot sends, and where it fetches what people sent."""

from ..arguments import Arguments, Upload
from ..backend import Backend
from ..errors import TOO_LARGE, bad_request
from ..records import File, Json
from .chats import chat_for
from .messages import caption, prepared, sent
from .registry import method

MAX_DOWNLOAD = 20 * 1024 * 1024
MAX_UPLOAD = 50 * 1024 * 1024
MAX_PHOTO = 10 * 1024 * 1024
_PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8", b"RIFF")


@method("sendDocument")
def send_document(telegram: Backend, args: Arguments) -> Json:
    """A file as it is."""
    return _send(telegram, args, "document")


@method("sendPhoto")
def send_photo(telegram: Backend, args: Arguments) -> Json:
    """A picture; what is none, or is too large for one, is refused."""
    return _send(telegram, args, "photo")


@method("getFile")
def get_file(telegram: Backend, args: Arguments) -> Json:
    """Where a file can be downloaded, up to 20 MB."""
    file = telegram.world.files.get(args.need("file_id").removesuffix("-small"))
    if file is None:
        raise bad_request("wrong file_id or the file is temporarily unavailable")
    if file.size > MAX_DOWNLOAD:
        raise bad_request("file is too big")
    facts = {"file_id": file.id, "file_unique_id": file.unique_id, "file_size": file.size}
    return {**facts, "file_path": file.path}


def at_path(telegram: Backend, path: str) -> File | None:
    """The file that is downloaded from this path."""
    return next((file for file in telegram.world.files.values() if file.path == path), None)


def _send(telegram: Backend, args: Arguments, kind: str) -> Json:
    chat = chat_for(telegram, args)
    message = prepared(telegram, chat, args)
    if not chat.rights.can_send_files or not chat.rights.can_send_messages:
        raise bad_request(f"not enough rights to send {kind}s to the chat")
    message.text, message.entities = caption(args)
    upload = args.upload(kind)
    if upload is not None:
        _check(upload, kind)
        message.file = telegram.world.add_file(upload.name, upload.content, kind, upload.mime)
    else:
        message.file = telegram.world.files.get(args.need(kind))
        if message.file is None:
            raise bad_request("wrong remote file identifier specified: Wrong string length")
    return sent(telegram, chat, message)


def _check(upload: Upload, kind: str) -> None:
    size = len(upload.content)
    if not size:
        raise bad_request("file must be non-empty")
    if size > MAX_UPLOAD:
        raise TOO_LARGE
    if kind == "photo" and size > MAX_PHOTO:
        raise bad_request(
            f"file of size {size} bytes is too big for a photo; the maximum size is {MAX_PHOTO} bytes"
        )
    if kind == "photo" and not upload.content.startswith(_PICTURES):
        raise bad_request("IMAGE_PROCESS_FAILED")
