"""The app's home tab: what is open, a press away, and whether the office is there; for people of its channels only."""

from collections.abc import Callable, Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from slack_sdk.web.async_client import AsyncWebClient

from bridges.slack.blocks import Json, context, link_button, plain_buttons, section
from bridges.slack.client import data_of
from bridges.slack.events import Pressed
from bridges.slack.ids import NAME, press_key
from bridges.slack.names import Names
from bridges.slack.render import Words
from models.tables import Conversation, Kind, State
from routing.bridge import ConversationInfo
from routing.commands import Command
from routing.hub import Hub
from routing.inbound import Arrival, Operator

HOME = "home-"
"""What the actions of the tab begin with; the rest is the command."""
_COMMANDS = ("here", "away")
_MOST = 20
"""Conversations in the tab: more are a matter for the channel, or the desk."""
_PAGES = 10
"""Pages of a channel's people that are read, of five hundred each."""


class Home:
    """Draws the tab when somebody opens it, and does what is pressed there."""

    def __init__(
        self, hub: Hub, client: AsyncWebClient, names: Names, channels: Callable[[], Iterable[str]]
    ) -> None:
        """Take the parts that it needs; ``channels`` are the office's, its own first."""
        self._hub = hub
        self._client = client
        self._names = names
        self._channels = channels

    async def show(self, user: str) -> None:
        """Draw the tab of somebody who opens it: anyone at that Slack can, guests as well."""
        theirs = await self._channels_of(user)
        blocks = await self._blocks(theirs) if theirs else [section(self._words().say("home_not_yours"))]
        await self._client.views_publish(user_id=user, view={"type": "home", "blocks": blocks})

    async def pressed(self, gesture: Pressed) -> bool:
        """Do what somebody pressed in the tab; whether it was anything of the tab's."""
        done = False
        for action in gesture.actions:
            name = action.action_id.removeprefix(HOME)
            if not action.action_id.startswith(HOME) or name not in _COMMANDS:
                continue
            theirs = await self._channels_of(gesture.user.id)
            if not theirs:
                continue
            shown = await self._names.name(gesture.user.id) or gesture.user.name
            operator = Operator(gesture.user.id, shown or self._hub.settings.office.name)
            key = press_key(HOME, action.action_ts, action.action_id)
            await self._hub.operator_commanded(Arrival(NAME, key, theirs[0], operator), None, Command(name))
            done = True
        return done

    async def _channels_of(self, user: str) -> list[str]:
        return [channel for channel in self._channels() if await self._is_in(channel, user)]

    async def _is_in(self, channel: str, user: str) -> bool:
        cursor = ""
        for _ in range(_PAGES):
            call = self._client.conversations_members(channel=channel, limit=500, cursor=cursor)
            answer = await data_of(call)
            if user in answer["members"]:
                return True
            cursor = str((answer.get("response_metadata") or {}).get("next_cursor") or "")
            if not cursor:
                break
        return False

    async def _blocks(self, theirs: list[str]) -> list[Json]:
        words = self._words()
        buttons = {f"{HOME}{name}": words.say(f"home_{name}") for name in _COMMANDS}
        found = await self._open(set(theirs))
        title = words.say("home_count", count=len(found)) if found else words.say("home_none")
        time = f"{self._now():%H:%M}"
        return [
            section(self._hub.office_in_words()),
            plain_buttons(buttons),
            section(title),
            *[await self._conversation(*one) for one in found[:_MOST]],
            context([words.say("home_as_of", time=time)]),
        ]

    async def _open(self, theirs: set[str]) -> list[tuple[ConversationInfo, str, str]]:
        """What is open in these channels, with its channel and thread: who waits comes first, the longest of all."""
        rows = await self._hub.store.conversations(
            kinds=[Kind.CHAT, Kind.CALLBACK], states=[State.WAITING, State.ACTIVE]
        )
        threads = {thread.conversation_id: thread for thread in await self._hub.store.open_threads(NAME)}
        found = []
        for row in sorted(rows, key=_urgency):
            thread = threads.get(row.id)
            if thread is not None and thread.chat in theirs:
                found.append((ConversationInfo.of(row), thread.chat, thread.thread))
        return found

    async def _conversation(self, info: ConversationInfo, channel: str, thread: str) -> Json:
        words, now = self._words(), await self._hub.glance(info)
        who = " · ".join(filter(None, (words.person(info.name), info.department)))
        answer = await data_of(self._client.chat_getPermalink(channel=channel, message_ts=thread))
        open_it = link_button(f"{HOME}open", words.say("home_open"), str(answer["permalink"]))
        return {**section(f"{now.sign} {who}\n{now.lines[0]}"), "accessory": open_it}

    def _words(self) -> Words:
        return Words.of(self._hub.settings)

    def _now(self) -> datetime:
        return self._hub.now().astimezone(ZoneInfo(self._hub.settings.office.timezone))


def _urgency(row: Conversation) -> tuple[bool, int]:
    return row.state != State.WAITING or row.taken_by is not None, row.created_at
