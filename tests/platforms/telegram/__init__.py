"""A stateful, strict stand-in of the Telegram Bot API over real sockets, for the real python-telegram-bot."""

from ..faults import Hang, HangUp, HttpError, LostReply
from .backend import Call
from .faults import FloodWait, Refused
from .records import BOT_ID, BOT_USERNAME, Kind, Message, Shown, ShownTopic
from .stand_in import TelegramStandIn

__all__ = [
    "BOT_ID",
    "BOT_USERNAME",
    "Call",
    "FloodWait",
    "Hang",
    "HangUp",
    "HttpError",
    "Kind",
    "LostReply",
    "Message",
    "Refused",
    "Shown",
    "ShownTopic",
    "TelegramStandIn",
]
