"""The Web API's methods; importing this package fills the registry."""

from . import chat, conversations, files, others
from .registry import METHODS, Method

__all__ = ["METHODS", "Method", "chat", "conversations", "files", "others"]
