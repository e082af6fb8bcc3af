"""A stateful, strict stand-in of Slack over real sockets, for the real slack_sdk and slack-bolt."""

from ..faults import Hang, HangUp, HttpError, LostReply
from .backend import BOT_EVENTS, BOT_SCOPES, Call
from .faults import Ratelimited, Refused
from .records import OTHER, OURS, Ephemeral, Message, Shown
from .sockets import Ack
from .stand_in import SlackStandIn

__all__ = [
    "BOT_EVENTS",
    "BOT_SCOPES",
    "OTHER",
    "OURS",
    "Ack",
    "Call",
    "Ephemeral",
    "Hang",
    "HangUp",
    "HttpError",
    "LostReply",
    "Message",
    "Ratelimited",
    "Refused",
    "Shown",
    "SlackStandIn",
]
