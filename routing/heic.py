"""An iPhone's photo as a JPEG, in a process of its own: what decodes such photos falls over broken ones, and would take
the hub with it. This file is also that process's program, and imports nothing of ours."""

import io
import subprocess
import sys
from pathlib import Path

_PATIENCE = 60.0
"""Seconds that the process may take: a second for a photo, longer on a machine that has much to do."""
_SECONDS = 20
"""Seconds of the processor's time that it is given."""
_MEMORY = 1024**3
"""Bytes of memory that it is given: 50 million pixels take 150 MB, and the decoder as much again."""


def as_jpeg(content: bytes, most_pixels: int) -> bytes:
    """The photo as a JPEG, upright. Takes a while: call it in a thread.

    Raises
    ------
    ValueError
        If it is broken, or has more than ``most_pixels``.
    """
    command = [sys.executable, "-I", str(Path(__file__)), str(most_pixels)]
    try:
        ran = subprocess.run(  # noqa: S603 - our own Python, with this file
            command, input=content, capture_output=True, timeout=_PATIENCE, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise ValueError("HEIC") from error
    if ran.returncode != 0 or not ran.stdout:
        raise ValueError("HEIC")
    return ran.stdout


def _convert(content: bytes, most_pixels: int) -> bytes:
    import pi_heif
    from PIL import Image, ImageOps

    pi_heif.register_heif_opener(thumbnails=False)
    with Image.open(io.BytesIO(content), formats=("HEIF",)) as picture:
        if picture.width * picture.height > most_pixels:
            raise ValueError("too large")
        colours = {"icc_profile": picture.info.get("icc_profile")}
        upright = ImageOps.exif_transpose(picture).convert("RGB")
    upright.info = {}
    out = io.BytesIO()
    upright.save(out, "JPEG", quality=90, **{key: value for key, value in colours.items() if value})
    return out.getvalue()


if __name__ == "__main__":
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.stdout.buffer.write(_convert(sys.stdin.buffer.read(), int(sys.argv[1])))
