"""The Bot API's methods; importing this package fills the registry."""

from . import chats, files, messages, others, topics
from .registry import METHODS, Method

__all__ = ["METHODS", "Method", "chats", "files", "messages", "others", "topics"]
