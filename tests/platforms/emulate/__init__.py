"""A Slack emulator written by others, as an independent second opinion."""

from .emulated import EmulatedSlack
from .installed import ToolMissing, install

__all__ = ["EmulatedSlack", "ToolMissing", "install"]
