"""Pictures without what they tell besides what is to be seen: where they were taken, when, and with which phone."""

import io
from typing import Any

from PIL import Image, ImageOps, JpegImagePlugin, WebPImagePlugin

from routing.heic import as_jpeg

PICTURES = {"image/jpeg", "image/png", "image/gif", "image/webp", "image/heic"}
"""The types that are cleaned; all that ``routing.files`` takes of pictures."""
MOST_PIXELS = 50_000_000
"""Pixels of a picture, all its frames together: what the phones of today take at most. It bounds the memory, which is
four bytes for each: a file of a few kilobytes may unfold to gigabytes."""
_MOST_FRAMES = 1_000
_PREVIEW = (480, 480)
"""Pixels of a preview's longest sides: a chat's width on a phone with a fine screen."""
_FORMATS = ("JPEG", "PNG", "GIF", WebPImagePlugin.WebPImageFile.format)
_KEPT = ("icc_profile", "transparency", "loop")
"""What a picture needs to look as it did. All else goes: Exif, XMP, IPTC, comments, and what hangs on behind."""

Image.MAX_IMAGE_PIXELS = None  # ours is lower, and asked before a pixel is read


class NotCleaned(ValueError):
    """The picture cannot be read, so that nobody knows what else it tells; the message says why, in a word or two."""


def cleaned(content: bytes) -> tuple[bytes, str]:
    """The same picture, upright and without anything hidden, and its type. Takes a while: call it in a thread.

    A JPEG keeps its own measure of fineness, so that next to nothing is lost. A HEIC, which few programs show, becomes
    a JPEG.

    Raises
    ------
    NotCleaned
        If it is broken, too large to be unfolded, or no picture.
    """
    try:
        if content[4:8] == b"ftyp":
            content = as_jpeg(content, MOST_PIXELS)
        with Image.open(io.BytesIO(content), formats=_FORMATS) as picture:
            frames = getattr(picture, "n_frames", 1)
            if picture.format == "MPO":
                frames = 1  # the further ones are the same scene again: depth, a brighter copy
            if picture.width * picture.height * frames > MOST_PIXELS or frames > _MOST_FRAMES:
                raise NotCleaned(f"> {MOST_PIXELS // 1_000_000} MP")
            return _several(picture, frames) if frames > 1 else _one(picture)
    except NotCleaned:
        raise
    except Exception as error:  # what is broken on purpose makes decoders raise anything
        raise NotCleaned(type(error).__name__) from error


def preview(content: bytes) -> tuple[bytes, str]:
    """A small picture of a picture that was cleaned before, and its type. Call it in a thread.

    Raises
    ------
    NotCleaned
        If it is none.
    """
    try:
        with Image.open(io.BytesIO(content), formats=_FORMATS) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise NotCleaned("too large")
            picture.draft("RGB", _PREVIEW)
            small = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
            small.thumbnail(_PREVIEW)
            if small.mode == "RGBA":
                return _written(small, "PNG"), "image/png"
            return _written(small, "JPEG", quality=80), "image/jpeg"
    except NotCleaned:
        raise
    except Exception as error:
        raise NotCleaned(type(error).__name__) from error


def _one(picture: Image.Image) -> tuple[bytes, str]:
    kind, more = picture.format, _needed(picture)
    if kind in ("JPEG", "MPO"):
        fineness = {
            "qtables": getattr(picture, "quantization", None),
            "subsampling": JpegImagePlugin.get_sampling(picture),
        }
        return _written(_upright(picture), "JPEG", **fineness, **more), "image/jpeg"
    upright = _upright(picture)
    if kind == "WEBP":
        return _written(upright, "WEBP", quality=90, **more), "image/webp"
    return _written(upright, str(kind), **more), "image/gif" if kind == "GIF" else "image/png"


def _several(picture: Image.Image, frames: int) -> tuple[bytes, str]:
    """A picture that moves; these are not turned by what they tell of themselves."""
    kind, more = str(picture.format), _needed(picture)
    more.pop("transparency", None)  # the first frame's: each comes with its own
    more["duration"] = []
    for number in range(frames):
        picture.seek(number)
        picture.load()
        more["duration"].append(picture.info.get("duration", 100))
    picture.seek(0)
    picture.info.pop("comment", None)
    return _written(picture, kind, save_all=True, **more), Image.MIME[kind]


def _upright(picture: Image.Image) -> Image.Image:
    """Turned as its Exif says, which then goes."""
    turned = ImageOps.exif_transpose(picture)
    turned.info = _needed(turned)
    return turned


def _needed(picture: Image.Image) -> dict[Any, Any]:
    return {key: picture.info[key] for key in _KEPT if picture.info.get(key) is not None}


def _written(picture: Image.Image, kind: str, **how: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **how)
    return out.getvalue()
