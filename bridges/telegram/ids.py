"""What names a thread, a gesture and a button of Telegram in the hub's tables; made and read here only."""

import hashlib
from dataclasses import dataclass

from telegram import Update

NAME = "telegram"
"""The bridge's name: the ``origin`` of what comes from here."""

_CHAIN = "reply:"


@dataclass(slots=True, frozen=True)
class Topic:
    """A forum topic; ``id`` is Telegram's ``message_thread_id``, the number of the topic's first message."""

    id: int

    def __str__(self) -> str:
        return str(self.id)


@dataclass(slots=True, frozen=True)
class Chain:
    """A reply chain in a group without topics; ``root`` is the message that all later ones reply to."""

    root: int

    def __str__(self) -> str:
        return f"{_CHAIN}{self.root}"


def thread_of(text: str) -> Topic | Chain:
    """The thread that ``Place.thread`` names.

    Raises
    ------
    ValueError
        If the text names none.
    """
    if text.startswith(_CHAIN):
        return Chain(int(text.removeprefix(_CHAIN)))
    return Topic(int(text))


def update_key(update: Update) -> str:
    """Names what an update brings, the same each time it is delivered.

    Numbers of updates may begin anew after a week of silence, so chat and message are part of it.
    """
    message = update.effective_message
    chat = update.effective_chat
    return f"{update.update_id}:{chat.id if chat else ''}:{message.message_id if message else ''}"


@dataclass(slots=True, frozen=True)
class Button:
    """What an inline button stands for: a command for a conversation; ``choice`` says which department or answer."""

    action: str
    conversation_id: str
    choice: str = ""

    def data(self) -> str:
        """As ``callback_data``: at most 5 + 1 + 32 + 1 + 8 bytes of the 64 that Telegram takes."""
        parts = [self.action, self.conversation_id]
        return ":".join([*parts, self.choice] if self.choice else parts)


def button_of(data: str) -> Button | None:
    """The button behind ``callback_data``; None for one that is not ours."""
    action, _, rest = data.partition(":")
    conversation_id, _, choice = rest.partition(":")
    return Button(action, conversation_id, choice) if action and conversation_id else None


def mark_of(name: str) -> str:
    """Eight letters that stand for a department or a ready answer: names may be longer than a button's data."""
    return hashlib.sha256(name.encode()).hexdigest()[:8]
