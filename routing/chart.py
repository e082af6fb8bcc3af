"""The week as a picture: a bar for each day, drawn on the server.

Opaque and light, so that it reads the same in a light and a dark Slack or Telegram; the colours differ in brightness,
too, for whoever does not tell them apart. Pillow's own font has no accents: labels do without.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

_SIZE = (1000, 520)
_PAPER, _INK, _LINE = "#ffffff", "#1f2328", "#d0d7de"
_ANSWERED, _UNANSWERED = "#1a5fb4", "#f0b429"
_LEFT, _TOP, _RIGHT, _BOTTOM = 70, 120, 970, 460
_MARKS = 4
"""Lines across the chart at the most."""


@dataclass(slots=True, frozen=True)
class Bar:
    """One day: its label, and how many conversations began, answered and not."""

    label: str
    answered: int
    unanswered: int


def draw(title: str, answered: str, unanswered: str, bars: Sequence[Bar]) -> bytes:
    """The picture as PNG. Takes a while: call it in a thread."""
    image = Image.new("RGB", _SIZE, _PAPER)
    pen = ImageDraw.Draw(image)
    large, small = ImageFont.load_default(30), ImageFont.load_default(22)
    pen.text((_LEFT, 24), title, _INK, large)
    legend = ((_ANSWERED, answered), (_UNANSWERED, unanswered))
    x = float(_LEFT)
    for colour, label in legend:
        pen.rectangle((x, 76, x + 20, 96), fill=colour)
        pen.text((x + 30, 72), label, _INK, small)
        x += 30 + pen.textlength(label, small) + 40
    most = max((bar.answered + bar.unanswered for bar in bars), default=0)
    step = max(1, -(-most // _MARKS))
    top = step * max(1, -(-most // step))
    for mark in range(0, top + 1, step):
        y = _height(mark, top)
        pen.line((_LEFT, y, _RIGHT, y), _LINE, 1)
        pen.text((_LEFT - 12, y), str(mark), _INK, small, anchor="rm")
    width = (_RIGHT - _LEFT) / max(1, len(bars))
    for number, bar in enumerate(bars):
        left = _LEFT + width * number + width * 0.2
        right, whole = left + width * 0.6, bar.answered + bar.unanswered
        pen.rectangle((left, _height(bar.answered, top), right, _BOTTOM), fill=_ANSWERED)
        if bar.unanswered:
            pen.rectangle((left, _height(whole, top), right, _height(bar.answered, top)), fill=_UNANSWERED)
        middle = (left + right) / 2
        if whole:
            pen.text((middle, _height(whole, top) - 6), str(whole), _INK, small, anchor="mb")
        pen.text((middle, _BOTTOM + 14), bar.label, _INK, small, anchor="mt")
    pen.line((_LEFT, _BOTTOM, _RIGHT, _BOTTOM), _INK, 2)
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True)
    return file.getvalue()


def _height(count: int, top: int) -> float:
    return _BOTTOM - (_BOTTOM - _TOP) * count / top
