"""Joining Slack: the app, its two tokens, and the channel, each checked by asking Slack."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

import bridges.slack
from bridges.slack import errors
from bridges.slack.client import data_of, new_client, new_session
from bridges.slack.setup import NEEDED
from running.wizard.dialogue import Dialogue
from running.wizard.tokens import Tokens

T = TypeVar("T")

_TRIES = 3
"""Times that a call is made while Slack asks for a pause."""
_LONGEST_PAUSE = 30.0
_MOST_PAGES = 50
"""Pages of 200 channels: 10,000, as many as a large company's workspace."""
_ID = re.compile(r"(?:.*/)?([CG][A-Z0-9]{8,})(?:[/?].*)?")
"""A channel's ID, also inside the address that Slack copies for a channel."""


class SlackSteps:
    """What is asked and checked, in this order; ``token`` and ``channel`` are known afterwards."""

    def __init__(self, talk: Dialogue, api_url: str) -> None:
        self._talk = talk
        self._api_url = api_url
        self._bot = ""

    def make(self) -> None:
        """Show how the app is made."""
        manifest = Path(bridges.slack.__file__).parent / "manifest.yaml"
        self._talk.say("slack_make")
        self._talk.show(manifest.read_text(encoding="utf-8").rstrip())
        self._talk.ask("slack_made")

    def tokens(self, tokens: Tokens) -> None:
        """Get both tokens, each of them one that Slack has just accepted."""
        bot, app = tokens.offered("SLACK_BOT_TOKEN"), tokens.offered("SLACK_APP_TOKEN")
        if not bot:
            self.make()
            self._talk.say("slack_tokens")
        tokens.take("SLACK_BOT_TOKEN", bot, "slack_ask_bot", "slack_again", self._try_bot)
        if not app:
            self._talk.say("slack_app_token")
        tokens.take("SLACK_APP_TOKEN", app, "slack_ask_app", "slack_again", self._try_app)

    def _try_bot(self, token: str) -> bool:
        if not token.startswith("xoxb-"):
            self._talk.say("slack_bot_is_app" if token.startswith("xapp-") else "slack_bot_shape")
            return False
        try:
            answer: Any = self._call(token, lambda client: client.auth_test())
        except Exception as error:
            self._explain(error, "slack_bot_refused")
            return False
        granted = answer.headers.get("X-OAuth-Scopes") or answer.headers.get("x-oauth-scopes") or ""
        lacking = NEEDED - {scope.strip() for scope in granted.split(",")} if granted else set()
        if lacking:
            self._talk.say("slack_scopes", scopes=", ".join(sorted(lacking)))
            return False
        self._bot = str(answer.get("user") or "Linea Diretta")
        self._talk.say("slack_is", bot=self._bot, team=answer.get("team") or "–")
        return True

    def _try_app(self, token: str) -> bool:
        if not token.startswith("xapp-"):
            self._talk.say("slack_app_is_bot" if token.startswith("xoxb-") else "slack_app_shape")
            return False
        try:
            self._call(None, lambda client: client.apps_connections_open(app_token=token))
        except Exception as error:
            off = errors.connection_problem(error, "apps.connections.open")[0] == errors.NO_SOCKET_MODE
            self._explain(error, "slack_no_socket" if off else "slack_app_refused")
            return False
        self._talk.say("slack_app_good")
        return True

    def place(self, token: str, known: str | None) -> str:
        """The channel's ID; the bot is in it, and a test message stands there."""
        self._talk.say("slack_channel", bot=self._bot)
        while True:
            question = "slack_offer_channel" if known else "slack_ask_channel"
            wish = self._talk.ask(question, known=known) or known
            if not wish:
                continue
            try:
                channel = self._find(token, wish)
                if channel and self._enter(token, channel, wish) and self._post(token, channel):
                    return str(channel["id"])
            except Exception as error:
                self._explain(error, "slack_bot_refused")

    def _find(self, token: str, wish: str) -> dict[str, Any] | None:
        if match := _ID.fullmatch(wish):
            try:
                return self._info(token, match[1])
            except SlackApiError as error:
                if errors.code(error) != "channel_not_found":
                    raise
                found = None
        else:
            found = self._named(token, wish.removeprefix("#").casefold())
        if found is None:
            self._talk.say("slack_no_channel", channel=wish, bot=self._bot)
        return found

    def _info(self, token: str, channel: str) -> dict[str, Any]:
        data = self._call(token, lambda client: data_of(client.conversations_info(channel=channel)))
        return dict(data["channel"])

    def _named(self, token: str, name: str) -> dict[str, Any] | None:
        cursor = ""
        for _ in range(_MOST_PAGES):
            page = self._page(token, cursor)
            for channel in page.get("channels") or []:
                if str(channel.get("name")).casefold() == name:
                    return dict(channel)
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                break
        return None

    def _page(self, token: str, cursor: str) -> dict[str, Any]:
        kinds = "public_channel,private_channel"
        return self._call(
            token,
            lambda client: data_of(client.conversations_list(types=kinds, limit=200, cursor=cursor or None)),
        )

    def _enter(self, token: str, channel: dict[str, Any], wish: str) -> bool:
        """Be in the channel: by joining, where that is allowed, else by being invited."""
        name, identity = channel.get("name") or wish, str(channel["id"])
        if channel.get("is_archived"):
            self._talk.say("slack_archived", channel=name)
            return False
        if channel.get("is_member"):
            self._talk.say("slack_in", channel=name)
            return True
        try:
            self._call(token, lambda client: client.conversations_join(channel=identity))
        except SlackApiError:
            self._talk.ask("slack_invite", channel=name, bot=self._bot)
            return bool(self._info(token, identity).get("is_member"))
        self._talk.say("slack_joined", channel=name)
        return True

    def _post(self, token: str, channel: dict[str, Any]) -> bool:
        text, identity = self._talk.text("test_message"), str(channel["id"])
        try:
            self._call(token, lambda client: client.chat_postMessage(channel=identity, text=text))
        except SlackApiError as error:
            self._talk.say("slack_no_post", channel=channel.get("name") or identity, why=errors.code(error))
            return False
        self._talk.say("test_sent", where=f"#{channel.get('name') or identity}")
        return True

    def _explain(self, error: Exception, refused: str) -> None:
        word = errors.code(error)
        if errors.is_refusal(error):
            self._talk.say(refused, why=word)
        else:
            self._talk.say("slack_unreachable", why=word or type(error).__name__)

    def _call(self, token: str | None, call: Callable[[AsyncWebClient], Awaitable[T]]) -> T:
        """One call of Slack's, made again after the pause that Slack asks for."""

        async def made() -> T:
            client = new_client(self._api_url, token)
            client.session = new_session()
            try:
                for _ in range(_TRIES - 1):
                    try:
                        return await call(client)
                    except SlackApiError as error:
                        pause = errors.retry_after(error)
                        if pause is None:
                            raise
                        await asyncio.sleep(min(pause, _LONGEST_PAUSE))
                return await call(client)
            finally:
                await client.session.close()

        return asyncio.run(made())
