"""The bytes of files: written whole or not at all, under names that nobody can guess or steer."""

import asyncio
import codecs
import os
import re
import secrets
import time
from dataclasses import dataclass
from pathlib import Path

import puremagic

from models.journal import storable
from routing.pictures import PICTURES, cleaned, preview

MOST_BYTES = 10 * 1024 * 1024
"""10 MiB: the contract's limit for one file."""

_LEFT_OVER = 3_600.0
"""Seconds after which a file that no entry names is taken for a crash's leavings."""

ALLOWED_TYPES = {
    "image/jpeg", "image/png", "image/gif", "image/webp", "image/heic",
    "application/pdf", "text/plain",
    "application/msword", "application/vnd.ms-excel",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.oasis.opendocument.text", "application/vnd.oasis.opendocument.spreadsheet",
    "application/pkcs7-mime", "application/zip",
    "audio/ogg", "audio/mpeg", "video/mp4",
}  # fmt: skip
"""What may be sent: what a citizen and an office exchange. Programs and web pages may not."""


class TypeNotAllowed(ValueError):
    """The content is of a kind that may not be sent."""


def type_of(content: bytes, name: str) -> str:
    """The MIME type by the content's own signature, not by its name. Takes a while: call it in a thread.

    Raises
    ------
    TypeNotAllowed
        If it is none of ``ALLOWED_TYPES``.
    """
    found = _by_signature(content, name)
    if found not in ALLOWED_TYPES:
        raise TypeNotAllowed(found)
    return found


_ALIASES = {
    "image/heif": "image/heic",
    "application/excel": "application/vnd.ms-excel",
    "video/ogg": "audio/ogg",
}
_HEIF = re.compile(b"hei[cfmsx]|hev[cx]|mif1|msf1")
"""The brands of an iPhone's photos (ISO/IEC 23008-12), whose container films have, too."""
_UNKNOWN = "application/octet-stream"
_PIECE = 256 * 1024
"""Bytes looked at in one go: the loop waits for a thread until it is through with a piece."""
_NEVER_IN_TEXT = bytes([*range(0x09), *range(0x0E, 0x1B)])
_SIGNED = bytes.fromhex("06092a864886f70d010702")
"""The object identifier that a signed file (``.p7m``, RFC 5652) has at its beginning."""


def _by_signature(content: bytes, name: str) -> str:
    """The type that the content shows; the name only tells apart what has the same signature (a ZIP's kinds)."""
    if _is_plain_text(content, name):
        return "text/plain"
    if content[:1] == b"0" and _SIGNED in content[:32]:
        return "application/pkcs7-mime"
    if content[4:8] == b"ftyp" and _HEIF.search(content[8 : min(256, int.from_bytes(content[:4]))]):
        return "image/heic"
    try:
        matches = puremagic.magic_string(content, name)
    except (puremagic.PureError, ValueError):
        return _UNKNOWN
    shown = [m for m in matches if m.byte_match and m.mime_type and m.mime_type != "text/plain"]
    likeliest = [str(m.mime_type) for m in shown if m.confidence == shown[0].confidence]
    kinds = [_ALIASES.get(kind, kind) for kind in likeliest]
    return next((kind for kind in kinds if kind in ALLOWED_TYPES), kinds[0] if kinds else _UNKNOWN)


def _is_plain_text(content: bytes, name: str) -> bool:
    """Text without markup: a page of HTML or SVG is a program to a browser."""
    head = content[:1024].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if head.startswith((b"<", b"%pdf", b"{\\rtf", b"#!", b"%!")):
        return False
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_utf8 = True
    for start in range(0, len(content), _PIECE):
        piece = content[start : start + _PIECE]
        if len(piece.translate(None, _NEVER_IN_TEXT)) < len(piece):
            return False
        try:
            if is_utf8:
                decoder.decode(piece, start + _PIECE >= len(content))
        except UnicodeDecodeError:
            is_utf8 = False
    # An older editor's, in the encoding of its country, is known by its name alone.
    return is_utf8 or name.lower().endswith((".txt", ".csv"))


def safe_name(name: str) -> str:
    """A file name without folders, control characters or tricks of direction; never empty."""
    base = name.replace("\\", "/").rsplit("/", 1)[-1]
    base = re.sub(r"[\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]", "", base).strip(" .")
    base = storable(base)
    stem, dot, ending = base.rpartition(".")
    if dot and len(base) > 120:
        base = f"{stem[: 119 - len(ending)]}.{ending[:20]}"
    return base[:120] or "file"


@dataclass(slots=True, frozen=True)
class Examined:
    """A file that may be passed on: its name made safe, its type by its content, a picture without what it hides."""

    name: str
    type: str
    content: bytes


def _examined(content: bytes, name: str) -> Examined:
    kind, safe = type_of(content, name), safe_name(name)
    if kind not in PICTURES:
        return Examined(safe, kind, content)
    content, found = cleaned(content)
    if found != kind:
        safe = safe_name(
            f"{safe.rpartition('.')[0] or safe}.{found.removeprefix('image/').replace('jpeg', 'jpg')}"
        )
    return Examined(safe, found, content)


def size_in_words(size: int) -> str:
    """``12 kB``, ``3.4 MB``: as the pages' scripts say it, too."""
    return f"{max(1, round(size / 1000))} kB" if size < 1_000_000 else f"{size / 1_000_000:.1f} MB"


class FileStore:
    """A folder of files; each is there whole or not there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._unfolding = asyncio.Lock()
        """One file is looked at at a time: a picture in memory is up to a hundred times its file."""

    async def examine(self, content: bytes, name: str) -> Examined:
        """Look what a file is, and take from a picture what nobody is to learn of it.

        Raises
        ------
        TypeNotAllowed
            If it is of none of ``ALLOWED_TYPES``.
        NotCleaned
            If it is a picture of which that cannot be done.
        """
        async with self._unfolding:
            return await asyncio.to_thread(_examined, content, name)

    async def preview(self, key: str) -> tuple[bytes, str]:
        """A small picture of the picture under ``key``, and its type.

        Raises
        ------
        FileNotFoundError
            If there is none (erased).
        NotCleaned
            If it is no picture.
        """
        content = await self.read(key)
        async with self._unfolding:
            return await asyncio.to_thread(preview, content)

    async def save(self, content: bytes) -> str:
        """Store ``content`` durably; the key it is found under.

        Raises
        ------
        OSError
            If the disk refuses; nothing is left behind under a key.
        """
        key = secrets.token_hex(16)
        await asyncio.to_thread(self._write, key, content)
        return key

    async def read(self, key: str) -> bytes:
        """The bytes under ``key``.

        Raises
        ------
        FileNotFoundError
            If there are none (erased).
        """
        return await asyncio.to_thread(self._path(key).read_bytes)

    async def remove(self, keys: list[str]) -> None:
        """Delete these files; one that is gone already is no error."""

        def unlink() -> None:
            for key in keys:
                self._path(key).unlink(missing_ok=True)

        await asyncio.to_thread(unlink)

    def _write(self, key: str, content: bytes) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._path(key)
        partial = path.with_suffix(".part")
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            partial.rename(path)
            self._keep_the_name()
        except OSError:
            partial.unlink(missing_ok=True)
            raise

    def _keep_the_name(self) -> None:
        """A file's name is on disk when its folder is: until then a power cut may take it."""
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    async def tidy(self, known: set[str]) -> int:
        """Delete what a crash left: halves of files, and files that no entry came to name; how many.

        Only what is older than an hour: another hub on the same folder may be writing just now.
        """
        return await asyncio.to_thread(self._tidy, known)

    def _tidy(self, known: set[str]) -> int:
        before = time.time() - _LEFT_OVER
        found = [
            path
            for path in (self._folder.iterdir() if self._folder.is_dir() else ())
            if re.fullmatch(r"[0-9a-f]{32}(\.part)?", path.name)
            and path.name not in known
            and path.stat().st_mtime < before
        ]
        for path in found:
            path.unlink(missing_ok=True)
        return len(found)

    def _path(self, key: str) -> Path:
        if not re.fullmatch(r"[0-9a-f]{32}", key):
            raise FileNotFoundError(key)
        return self._folder / key
