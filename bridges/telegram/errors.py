"""What Telegram's errors mean for a delivery, and what the administrator can do about them."""

import re
from dataclasses import dataclass
from datetime import timedelta

import httpx
from telegram.error import (
    BadRequest,
    Conflict,
    EndPointNotFound,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)

from routing.bridge import Problem, kind_of
from routing.errors import DeliveryError, OutcomeUnknown, Refused, ThreadGone, TryLater

_THREAD_GONE = ("message thread not found", "topic_deleted", "topic_id_invalid")
_NO_FORUM = ("not a forum", "supergroup", "chat_not_forum", "channel_forum_missing")
_NO_RIGHTS = (
    "not enough rights",
    "have no rights",
    "admin_required",
    "administrator rights",
    "write_forbidden",
    "topic_closed",
    "need to be a member",
    "participant",
    "chat_restricted",
)
_NO_CHAT = (
    "chat not found",
    "peer_id_invalid",
    "chat_id_invalid",
    "chat_id is empty",
    "group chat was deactivated",
)
_NO_FILES = ("rights to send photos", "rights to send documents", "rights to send media")
_UNREADABLE_ENTITIES = ("can't parse entities", "entity_bounds_invalid", "can't parse messageentity")
_GONE_MESSAGE = ("message to delete not found", "message to edit not found", "message_id_invalid")

_NEVER_LEFT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
)
"""Failures before the first byte of a request went out."""

UNAUTHORISED = Problem(
    "invalid_token",
    "Telegram refuses the bot's token. Ask @BotFather for it (/mybots, API Token), put it into .env as "
    "TELEGRAM_BOT_TOKEN and start again.",
)
CONFLICT = Problem(
    "second_poller",
    "Another program fetches this bot's messages with the same token: Telegram allows only one. Stop the "
    "other one, or make a new bot for it with @BotFather.",
)
UNREACHABLE = Problem(
    "unreachable", "Telegram cannot be reached; trying again. Messages wait meanwhile, none is lost."
)


@dataclass(slots=True, frozen=True)
class Verdict:
    """What to raise to the outbox, and what to tell the administrator, if they can help."""

    error: DeliveryError
    problem: str | None = None


def judge(error: TelegramError, chat: str) -> Verdict:
    """What ``error``, from a call that was to show something in ``chat``, means for the delivery."""
    if isinstance(error, RetryAfter):
        return Verdict(TryLater("Telegram asks for a pause", seconds(error)))
    if isinstance(error, EndPointNotFound | InvalidToken):
        return Verdict(TryLater(UNAUTHORISED), UNAUTHORISED)
    if isinstance(error, Forbidden):
        return _waits(kicked(chat))
    if isinstance(error, BadRequest):
        return _judge_refusal(error, chat)
    if isinstance(error, NetworkError):
        meaning = _judge_network(error)
        return Verdict(meaning, None if isinstance(meaning, Refused) else UNREACHABLE)
    return Verdict(OutcomeUnknown(_words(error)))


def _judge_refusal(error: BadRequest, chat: str) -> Verdict:
    if says(error, _THREAD_GONE):
        return Verdict(ThreadGone(error.message))
    if says(error, _NO_CHAT):
        return _waits(unknown_chat(chat))
    if says(error, _NO_RIGHTS):
        return _waits(no_rights(chat))
    return Verdict(Refused(error.message))


def _judge_network(error: NetworkError) -> DeliveryError:
    cause = error.__cause__
    if isinstance(cause, (*_NEVER_LEFT, UnicodeError)):
        return TryLater(UNREACHABLE)
    if isinstance(cause, httpx.HTTPError):
        return OutcomeUnknown(_words(error))
    if "too large" in error.message.lower():
        return Refused(error.message)
    if isinstance(cause, TelegramError) and re.search(r"\((?:502|504)\)", error.message):
        return OutcomeUnknown(_words(error))  # a gateway speaks: what is behind it may have done the work
    if cause is None or isinstance(cause, TelegramError):
        return TryLater(_words(error))  # the Bot API itself says that it failed
    return OutcomeUnknown(_words(error))


def _waits(problem: str) -> Verdict:
    return Verdict(TryLater(problem), problem)


def _words(error: TelegramError) -> str:
    """An error in a few words; only what the server said in its status, never a page it sent."""
    return error.message.partition(". Parsing the server response")[0][:200]


def seconds(error: RetryAfter) -> float:
    """The pause that a 429 asks for."""
    wish = error.retry_after
    return wish.total_seconds() if isinstance(wish, timedelta) else float(wish)


def says(error: TelegramError, phrases: tuple[str, ...]) -> bool:
    """Whether the server's words contain one of these, in any case."""
    words = error.message.lower()
    return any(phrase in words for phrase in phrases)


def unknown_method(error: TelegramError) -> bool:
    """Whether the server does not know the call at all; a malformed token looks the same, to every call."""
    if isinstance(error, InvalidToken | EndPointNotFound):
        return "not found" in error.message.lower()
    return isinstance(error, NetworkError) and re.search(r"\((?:405|501)\)", error.message) is not None


def no_forum(error: TelegramError) -> bool:
    """Whether topics are not to be had in this chat (or not known to this server) at all."""
    if unknown_method(error):
        return True
    return isinstance(error, BadRequest) and says(error, _NO_FORUM) and not says(error, _NO_CHAT)


def unreadable_entities(error: BadRequest) -> bool:
    """Whether the same text without its bold and code pieces would go through."""
    return says(error, _UNREADABLE_ENTITIES)


def thread_gone(error: TelegramError) -> bool:
    """Whether the topic is there no more."""
    return isinstance(error, BadRequest) and says(error, _THREAD_GONE)


def lacks_rights(error: TelegramError) -> bool:
    """Whether the bot is not allowed to do it in this chat."""
    return isinstance(error, BadRequest) and says(error, _NO_RIGHTS)


def waits_or_moves(error: TelegramError, chat: str) -> bool:
    """Whether the refusal is about the chat or the moment, not about this one message."""
    return not (unknown_method(error) or isinstance(judge(error, chat).error, Refused))


def no_such_chat(error: TelegramError) -> bool:
    """Whether Telegram knows no such chat, as far as the bot can see."""
    return says(error, _NO_CHAT)


def refuses_file(error: TelegramError) -> bool:
    """Whether the file itself, or files at all, will not be taken; the conversation's texts still may."""
    if unknown_method(error) or (isinstance(error, BadRequest) and says(error, _NO_FILES)):
        return True
    return isinstance(judge(error, "").error, Refused)


def gone_message(error: TelegramError) -> bool:
    """Whether the message to change is there no more."""
    return says(error, _GONE_MESSAGE)


def is_outside(problem: str | None) -> bool:
    """Whether the problem is that the bot is not in the chat at all."""
    return kind_of(problem) in ("not_in_chat", "unknown_chat")


def kicked(chat: str) -> str:
    """The bot is no member of the chat."""
    return Problem(
        "not_in_chat",
        f"The bot is not in the Telegram chat {chat} any more. Add it again, as administrator with "
        "“Manage topics”; what waits is then sent.",
    )


def unknown_chat(chat: str) -> str:
    """There is no such chat as far as the bot can see."""
    return Problem(
        "unknown_chat",
        f"Telegram knows no chat {chat} that this bot is in. Add the bot to the group, or correct the number "
        "in config.yaml (bridges.telegram.chat, or the department's).",
    )


def no_rights(chat: str) -> str:
    """The bot may not write or make topics there."""
    return Problem(
        "lost_rights",
        f"The bot may not write in the Telegram chat {chat}. Make it administrator there with “Manage "
        "topics” and “Delete messages”; what waits is then sent.",
    )


def deaf(chat: str) -> str:
    """The bot does not get to see what operators write."""
    return Problem(
        "deaf",
        f"In the Telegram chat {chat} the bot cannot see what operators write. Make it administrator there "
        "with “Manage topics”.",
    )


def poll_problem(error: TelegramError) -> tuple[str, float]:
    """For a failed getUpdates: what is wrong, and the longest pause in seconds before the next try."""
    if isinstance(error, Conflict):
        return CONFLICT, 30.0
    if isinstance(error, InvalidToken | Forbidden):
        return UNAUTHORISED, 60.0
    return Problem("unreachable", f"{UNREACHABLE} ({_words(error)})"), 15.0
