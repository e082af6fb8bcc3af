"""A look at the tokens, the app's permissions and its channels: for ``./linea check``."""

from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bridges.slack import errors
from bridges.slack.channels import configured
from bridges.slack.client import data_of, new_client, new_session
from settings import Settings

SCOPES = {
    "chat:write", "channels:history", "channels:read", "commands", "files:read", "files:write", "groups:history",
    "groups:read", "reactions:read", "reactions:write", "users:read",
}  # fmt: skip
"""What the bridge can use; bridges/slack/manifest.yaml asks for the same, and for ``TO_JOIN``."""
TO_JOIN = "channels:join"
"""What an app may do without: somebody invites it."""
NEEDED = SCOPES - {"commands", "reactions:read", "reactions:write"}
"""Without the others it does all but what they are for, and an app made before they were asked for is no fault."""


async def check(settings: Settings, tokens: tuple[str, str]) -> list[str]:
    """Talk to Slack once: every fault in words, none when the bridge can work.

    ``tokens`` are the bot's (``xoxb-…``) and the app's (``xapp-…``).
    """
    slack = settings.bridges.slack
    if slack is None:
        return []
    bot_token, app_token = tokens
    client = new_client(slack.api_url, bot_token)
    client.session = new_session()
    try:
        faults = await _bot(client) or [
            fault
            for channel in sorted(configured(settings, slack))
            for fault in await _channel(client, channel)
        ]
        return faults + await _app(client, app_token)
    finally:
        await client.session.close()


async def _bot(client: AsyncWebClient) -> list[str]:
    try:
        answer = await client.auth_test()
    except Exception as error:
        return [errors.connection_problem(error, "auth.test")[0]]
    granted = answer.headers.get("X-OAuth-Scopes") or answer.headers.get("x-oauth-scopes")
    if not granted:
        return []
    lacking = NEEDED - {scope.strip() for scope in granted.split(",")}
    return [errors.scopes_lack(sorted(lacking))] if lacking else []


async def _app(client: AsyncWebClient, app_token: str) -> list[str]:
    try:
        await client.apps_connections_open(app_token=app_token)
    except Exception as error:
        return [errors.connection_problem(error, "apps.connections.open")[0]]
    return []


async def _channel(client: AsyncWebClient, channel: str) -> list[str]:
    try:
        answer: Any = (await data_of(client.conversations_info(channel=channel))).get("channel")
    except SlackApiError as error:
        if errors.code(error) == "unknown_method":
            return []
        problem = errors.admin_problem(error, channel)
        return [problem or f"Slack does not say what the channel {channel} is ({errors.code(error)})."]
    except Exception as error:
        return [f"{errors.UNREACHABLE} ({type(error).__name__})"]
    facts = answer if isinstance(answer, dict) else {}
    if facts.get("is_archived"):
        return [errors.archived(channel)]
    return [] if facts.get("is_member", True) else [errors.not_in_channel(channel)]
