"""What Slack's refusals mean for a delivery, and what the administrator can do about them."""

from dataclasses import dataclass

import aiohttp
from slack_sdk.errors import SlackApiError

from routing.bridge import Problem
from routing.errors import DeliveryError, OutcomeUnknown, Refused, ThreadGone, TryLater

_PERMANENT = (
    "attachment_payload_limit_exceeded", "as_user_not_supported", "cannot_unfurl", "deprecated_endpoint",
    "file_not_found", "invalid_arg_name", "invalid_arguments", "invalid_array_arg", "invalid_attachments",
    "invalid_blocks", "invalid_blocks_format", "invalid_charset", "invalid_form_data", "invalid_json",
    "invalid_metadata_format", "invalid_metadata_schema", "invalid_post_type", "json_not_object",
    "markdown_text_conflict", "metadata_must_be_sent_from_app", "metadata_too_large", "method_deprecated",
    "missing_post_type", "msg_blocks_too_long", "msg_too_long", "no_text", "too_many_attachments",
    "too_many_contact_cards", "unknown_method",
)  # fmt: skip
"""Slack will never take this message, however often it is asked."""
_THREAD_GONE = (
    "thread_not_found",
    "message_not_found",
    "cannot_reply_to_message",
    "restricted_action_thread_locked",
)
_BLOCKS = ("invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long")
_MAYBE_DONE = ("fatal_error", "internal_error")
"""Slack's documentation: some of the operation may have succeeded before the error."""
_BUSY = ("ratelimited", "rate_limited", "service_unavailable", "request_timeout", "team_added_to_org")
_TOKEN = (
    "account_inactive", "invalid_auth", "not_authed", "not_allowed_token_type", "token_expired",
    "token_revoked", "org_login_required", "team_access_not_granted",
)  # fmt: skip
_GONE_MESSAGE = ("message_not_found", "thread_not_found")
_GONE_FILE = ("file_not_found", "file_deleted")
_UNCHANGEABLE = (
    "cant_update_message", "cant_delete_message", "edit_window_closed", "compliance_exports_prevent_deletion",
    "update_failed", "streaming_state_conflict",
)  # fmt: skip

_NO_SUCH_CALL = (404, 405, 501)
"""Statuses with which a server says that it does not know the method."""

_NEVER_LEFT = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.InvalidURL,
    aiohttp.ClientProxyConnectionError,
)
"""Failures before the first byte of a request went out."""


BOT_REFUSED = Problem(
    "invalid_token",
    "Slack refuses the bot token. At https://api.slack.com/apps open the app, “OAuth & Permissions”, copy "
    "the “Bot User OAuth Token” (xoxb-…) into .env as SLACK_BOT_TOKEN, and start again.",
)
APP_REFUSED = Problem(
    "invalid_token",
    "Slack refuses the app token. At https://api.slack.com/apps open the app, “Basic Information”, "
    "“App-Level Tokens”, make one with the scope connections:write, put it (xapp-…) into .env as "
    "SLACK_APP_TOKEN, and start again.",
)
NO_SOCKET_MODE = Problem(
    "no_socket_mode",
    "Socket Mode is off in the Slack app. At https://api.slack.com/apps open the app, “Socket Mode”, and "
    "switch it on.",
)
UNREACHABLE = Problem(
    "unreachable", "Slack cannot be reached; trying again. Messages wait meanwhile, none is lost."
)


@dataclass(slots=True, frozen=True)
class Verdict:
    """What to raise to the outbox; what to tell the administrator, if they can help, and what it is about."""

    error: DeliveryError
    problem: str | None = None
    about: str = ""


def code(error: Exception) -> str:
    """Slack's word for what is wrong; empty for anything that is not an answer of Slack's."""
    if not isinstance(error, SlackApiError):
        return ""
    data = getattr(error.response, "data", None)
    word = data.get("error") if isinstance(data, dict) else None
    return word if isinstance(word, str) else ""


def judge(error: Exception, chat: str) -> Verdict:
    """What ``error``, from a call that was to show something in ``chat``, means for the delivery."""
    word, status = code(error), _status(error)
    if status == 429 or word in _BUSY:
        return Verdict(TryLater(f"Slack asks for a pause ({word})", retry_after(error)))
    if word in _THREAD_GONE:
        return Verdict(ThreadGone(word))
    problem = admin_problem(error, chat)
    if problem is not None:
        return Verdict(TryLater(problem), problem, ANYWHERE if word in _TOKEN else chat)
    if word in _PERMANENT:
        return Verdict(Refused(word))
    if word and word not in _MAYBE_DONE:
        problem = f"Slack does not take messages for the channel {chat} ({word}); trying again."
        return Verdict(TryLater(problem), problem, chat)
    if status == 503 or 400 <= status < 500 or isinstance(error, _NEVER_LEFT):
        return Verdict(TryLater(UNREACHABLE), UNREACHABLE, ANYWHERE)
    unknown = OutcomeUnknown(word or (f"status {status}" if status else type(error).__name__))
    return Verdict(unknown) if word else Verdict(unknown, UNREACHABLE, ANYWHERE)


ANYWHERE = "anywhere"
"""The subject of a problem that concerns no channel in particular."""


def admin_problem(error: Exception, chat: str) -> str | None:
    """For a refusal that the administrator can mend: what to do about it."""
    word = code(error)
    if word in _TOKEN:
        return BOT_REFUSED
    if word == "missing_scope":
        return missing_scope(error)
    if word == "not_in_channel":
        return not_in_channel(chat)
    if word == "channel_not_found":
        return unknown_channel(chat)
    if word in ("is_archived", "is_inactive"):
        return archived(chat)
    if word.startswith("restricted_action") or word in (
        "no_permission",
        "access_denied",
        "ekm_access_denied",
    ):
        return f"Slack does not let the app write in the channel {chat}: allow it in the channel's settings."
    return None


def retry_after(error: Exception) -> float | None:
    """The pause in seconds that a 429 asks for, where it does."""
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    try:
        return max(0.0, float(str(headers.get("Retry-After") or headers.get("retry-after"))))
    except (TypeError, ValueError):
        return None


def _status(error: Exception) -> int:
    response = getattr(error, "response", None)
    return int(getattr(response, "status_code", None) or getattr(response, "status", None) or 0)


def about_blocks(error: Exception) -> bool:
    """Whether the same text without its blocks would go through."""
    return code(error) in _BLOCKS


def message_is_gone(error: Exception) -> bool:
    """Whether the message to change is there no more."""
    return code(error) in _GONE_MESSAGE


def file_is_gone(error: Exception) -> bool:
    """Whether the file to delete is there no more."""
    return code(error) in _GONE_FILE


def unchangeable(error: Exception) -> bool:
    """Whether the message is there, and cannot be changed: Slack forbids it, or the server has no such call."""
    return code(error) in _UNCHANGEABLE or unknown_method(error)


def unknown_method(error: Exception) -> bool:
    """Whether the server does not know the call at all."""
    return code(error) == "unknown_method" or _status(error) in _NO_SUCH_CALL


def is_refusal(error: Exception) -> bool:
    """Whether Slack understood the call and said no, in a way that waiting does not mend."""
    return bool(code(error)) and code(error) not in (*_BUSY, *_MAYBE_DONE) and _status(error) != 429


def is_about_channel(error: Exception) -> bool:
    """Whether the refusal is about token, channel or thread, so that nothing else would go through either."""
    word = code(error)
    return word in (*_TOKEN, *_THREAD_GONE) or (
        word != "missing_scope" and admin_problem(error, "") is not None
    )


def connection_problem(error: Exception, method: str) -> tuple[str, float]:
    """For a failed call while connecting: what is wrong, and the longest pause in seconds before the next."""
    word = code(error)
    if word in _TOKEN or word == "missing_scope":
        return (BOT_REFUSED if method == "auth.test" else APP_REFUSED), 60.0
    if word in ("socket_mode_not_enabled", "forbidden_app", "app_not_found"):
        return NO_SOCKET_MODE, 60.0
    details = word or (f"status {_status(error)}" if _status(error) else type(error).__name__)
    return Problem("unreachable", f"{UNREACHABLE} ({details})"), 15.0


def not_in_channel(chat: str) -> str:
    """The app is no member of the channel."""
    return Problem(
        "not_in_channel",
        f"The app is not in the Slack channel {chat}. Open the channel in Slack and write “/invite @Linea "
        "Diretta” (the app's name); what waits is then sent.",
    )


def unknown_channel(chat: str) -> str:
    """There is no such channel as far as the app can see."""
    return Problem(
        "unknown_channel",
        f"Slack knows no channel {chat} that the app can see. Invite the app into the channel (a private one "
        "is invisible to it before), or correct the id in config.yaml (bridges.slack.channel, or the "
        "department's).",
    )


def archived(chat: str) -> str:
    """The channel was put away."""
    return Problem(
        "archived",
        f"The Slack channel {chat} is archived: unarchive it, or give another one in config.yaml.",
    )


def missing_scope(error: Exception) -> str:
    """The app was installed without a permission."""
    data = getattr(getattr(error, "response", None), "data", None)
    needed = data.get("needed") if isinstance(data, dict) else None
    return scopes_lack([str(needed)] if needed else [])


def scopes_lack(names: list[str]) -> str:
    """The app was installed without these permissions."""
    which = f" ({', '.join(names)})" if names else ""
    return Problem(
        "missing_scope",
        f"The Slack app lacks a permission{which}. At https://api.slack.com/apps open the app, “App "
        "Manifest”, paste bridges/slack/manifest.yaml, save, then “Install App”, “Reinstall to Workspace”.",
    )
