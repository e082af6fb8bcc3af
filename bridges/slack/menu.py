"""The menu of ready answers: a window with a list that can be searched, and how the answer reads."""

import logging
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bridges.slack.blocks import Json, answer_window
from bridges.slack.errors import code
from bridges.slack.events import Pressed, Submitted, View
from bridges.slack.ids import NAME, choice_of, submission_key
from bridges.slack.names import Names
from bridges.slack.render import Words
from routing.commands import Command
from routing.hub import Hub
from routing.inbound import Arrival, Operator
from settings import Reply

log = logging.getLogger(__name__)

OPEN = "menu"
"""The action of the button on a conversation's first message."""
CHOSEN = "answer"
"""The action of the list in the window, and the name of its block."""
CALLBACK = "ready-answer"
"""The window's own name."""


class Menu:
    """Opens the window, shows in it what is chosen, sends it."""

    def __init__(self, hub: Hub, client: AsyncWebClient, names: Names) -> None:
        self._hub = hub
        self._client = client
        self._names = names

    async def open(self, gesture: Pressed, conversation_id: str, arrival: Arrival) -> None:
        """Open it for who pressed; Slack allows that for 3 seconds, after which the operator is told."""
        info = await self._hub.conversation(conversation_id)
        replies = self._hub.settings.replies
        if info is None or not replies:
            await self._hub.operator_commanded(arrival, conversation_id, Command("reply"))
            return
        where = f"{conversation_id}:{arrival.chat}"
        try:
            await self._client.views_open(trigger_id=gesture.trigger_id, view=self._window(where))
        except Exception as error:
            log.info("slack: the menu did not open (%s)", code(error) or type(error).__name__)
            await self._hub.answer(arrival, conversation_id, self.say("menu_late"))

    async def preview(self, gesture: Pressed) -> None:
        """Show how the chosen answer reads; where the window has changed or closed meanwhile, nothing is lost."""
        view, chosen = gesture.view, gesture.actions[0].selected_option if gesture.actions else None
        reply = self._reply(chosen.value if chosen else "")
        info = (
            await self._hub.conversation(choice_of(view.private_metadata).conversation_id) if view else None
        )
        if view is None or info is None or reply is None:
            return
        window = self._window(view.private_metadata, await self._hub.ready_answer(info, reply))
        try:
            await self._client.views_update(view_id=view.id, hash=view.hash, view=window)
        except SlackApiError as error:
            log.info("slack: the menu shows no preview (%s)", code(error))

    async def submitted(self, gesture: Submitted) -> Json | None:
        """Send what was chosen; what Slack is to show in the window instead, where that cannot be."""
        view = gesture.view
        choice = choice_of(view.private_metadata)
        info = await self._hub.conversation(choice.conversation_id)
        reply = self._reply(_selected(view))
        if info is None or reply is None:
            return {"response_action": "errors", "errors": {CHOSEN: self.say("menu_gone")}}
        name = await self._names.name(gesture.user.id) or gesture.user.name
        operator = Operator(gesture.user.id, name or self._hub.settings.office.name)
        # What follows the conversation's id here is the channel.
        arrival = Arrival(NAME, submission_key(view.id), choice.what, operator)
        await self._hub.operator_commanded(arrival, info.id, Command("reply", reply.name))
        return None

    def _reply(self, name: str) -> Reply | None:
        return next((one for one in self._hub.settings.replies if one.name[:150] == name), None)

    def _window(self, where: str, preview: str = "") -> Json:
        words = Words.of(self._hub.settings)
        names = [reply.name for reply in self._hub.settings.replies]
        return answer_window(CALLBACK, CHOSEN, where, names, preview, words.say)

    def say(self, key: str) -> str:
        """A text in the operators' language."""
        return Words.of(self._hub.settings).say(key)


def _selected(view: View) -> str:
    found: Any = view.state.values.get(CHOSEN, {}).get(CHOSEN)
    return found.selected_option.value if found and found.selected_option else ""
