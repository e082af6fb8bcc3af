"""What people do in Slack: write, edit, delete, press, react; each as one method."""

from collections.abc import Iterable
from typing import Literal

from .backend import Backend
from .records import APP, BOT_USER, OTHER, TEAM, TEAM_DOMAIN, App, Channel, Json, Message, Shown, User
from .text import typed, walk
from .workspace import client_message_id

Delivered = Literal["normal", "hidden", "lost"]


class Operators(Backend):
    """The gestures of people in the workspace. Users are given by name or id, text as it is typed."""

    channel: str

    async def operator_says(
        self,
        user: str,
        text: str = "",
        *,
        thread_ts: str | None = None,
        files: Iterable[tuple[str, bytes]] = (),
        broadcast: bool = False,
        channel: str | None = None,
        client_msg_id: str | None = None,
        delivered: Delivered = "normal",
    ) -> str:
        """Someone writes; returns the message's ts.

        `files` are (name, content). `delivered` is how the app hears of it: normally, by a hidden
        `message_replied` without the text, or not at all (the event is lost). `LookupError` when the
        person, thread or channel does not exist.
        """
        author = self._user(user)
        if thread_ts is not None and not self.workspace.locate(thread_ts).is_root:
            raise LookupError(f"{thread_ts} is a reply, not a thread")
        where = self.workspace.locate(thread_ts).channel if thread_ts else self._channel(channel).id
        if self._channel(where).is_archived:
            raise LookupError(f"{where} is archived: nobody can write there")
        message = Message(where, self.workspace.fresh_ts(), author.id, "", thread_ts=thread_ts)
        message.text, message.blocks = self._typed(text)
        message.broadcast = broadcast and thread_ts is not None
        message.client_msg_id = client_msg_id or client_message_id()
        for name, content in files:
            message.files.append(self.workspace.add_file(name, len(content), author.id, content).id)
        self.workspace.post(message, quiet=delivered != "normal")
        if delivered == "hidden" and thread_ts is not None:
            self.workspace.replied(self.workspace.locate(thread_ts))
        self.changes.ring()
        return message.ts

    async def app_says(
        self,
        text: str,
        *,
        thread_ts: str,
        app: App = OTHER,
        username: str | None = None,
        delivered: Delivered = "normal",
    ) -> str:
        """An app posts into a thread, under a name of its choice where ``username`` is given; the post's ts.

        With ``app=OURS`` it is another program with our app's token. ``delivered`` as for ``operator_says``.
        """
        root = self.workspace.locate(thread_ts)
        message = Message(root.channel, self.workspace.fresh_ts(), app.user, "", thread_ts=thread_ts)
        message.text, message.blocks = self._typed(text)
        message.from_bot, message.app, message.username = True, app, username
        self.workspace.post(message, quiet=delivered != "normal")
        if delivered == "hidden":
            self.workspace.replied(root)
        self.changes.ring()
        return message.ts

    async def operator_edits(self, ts: str, text: str) -> str:
        """The author changes a message; returns its ts."""
        message = self.workspace.locate(ts)
        before = self.workspace.message_json(message, with_metadata=True)
        message.text, message.blocks = self._typed(text)
        message.edited = {"user": message.user, "ts": self.workspace.fresh_ts()}
        self.workspace.edited(message, before)
        return ts

    async def operator_deletes(self, ts: str) -> str:
        """Someone deletes a message (administrators may delete the bot's too); returns its ts."""
        self.workspace.delete(self.workspace.locate(ts))
        return ts

    async def operator_reacts(self, user: str, ts: str, name: str, *, remove: bool = False) -> str:
        """Someone reacts to a message, or takes the reaction back; returns the message's ts."""
        self.workspace.react(self.workspace.locate(ts), self._user(user).id, name, added=not remove)
        return ts

    async def unfurl(self, ts: str, title: str = "A page", url: str = "https://www.comune.example/") -> str:
        """Slack adds a link's preview: a message_changed without `edited`.

        `ValueError` when the app asked for no previews on this message.
        """
        message = self.workspace.locate(ts)
        if not message.previews:
            raise ValueError(f"{ts} was posted without previews")
        before = self.workspace.message_json(message, with_metadata=True)
        preview = {"id": len(message.attachments) + 1, "title": title, "title_link": url, "from_url": url}
        message.attachments = [*message.attachments, preview]
        self.workspace.edited(message, before)
        return ts

    async def operator_presses(
        self, user: str, message_ts: str, action_id: str, *, option: str | None = None
    ) -> str:
        """Someone presses a button or chooses an option; returns the gesture's action_ts.

        `LookupError` when the message shows no such element, as then nobody could press it.
        """
        message = self.workspace.locate(message_ts)
        person = self._user(user)
        action = self._action(message, action_id, option, person)
        channel = self.workspace.channels[message.channel]
        container = {"type": "message", "message_ts": message.ts, "channel_id": channel.id}
        if not message.is_root:
            container["thread_ts"] = str(message.thread_ts)
        payload: Json = {
            "type": "block_actions",
            **self._gesture(person),
            "container": {**container, "is_ephemeral": False},
            "channel": {"id": channel.id, "name": channel.name},
            "message": self.workspace.message_json(message),
            "state": {"values": {}},
            "response_url": self.new_response_url(channel.id, message.ts, person.id),
            "actions": [action],
        }
        self.socket_mode.offer("interactive", payload)
        return str(action["action_ts"])

    async def operator_uses_shortcut(self, user: str, ts: str, callback_id: str) -> str:
        """Someone chooses one of the app's shortcuts from a message's menu; returns the message's ts."""
        message = self.workspace.locate(ts)
        channel = self.workspace.channels[message.channel]
        payload = {
            "type": "message_action",
            "callback_id": callback_id,
            **self._gesture(self._user(user)),
            "channel": {"id": channel.id, "name": channel.name},
            "message_ts": ts,
            "message": self.workspace.message_json(message),
            "response_url": self.new_response_url(channel.id, ts, self._user(user).id),
        }
        self.socket_mode.offer("interactive", payload)
        return ts

    async def operator_chooses(self, user: str, view_id: str, option: str) -> str:
        """Someone chooses from a modal's list, which then tells the app; returns the gesture's action_ts.

        `LookupError` when the modal shows no such option.
        """
        view, person = self.views[view_id], self._user(user)
        for block in view["blocks"]:
            element = block.get("element", {})
            for candidate in element.get("options", []):
                if candidate["value"] == option:
                    chosen = {"type": element["type"], "selected_option": candidate}
                    view["state"] = {"values": {block["block_id"]: {element["action_id"]: chosen}}}
                    if not block.get("dispatch_action"):
                        return ""
                    stamp = {"block_id": block["block_id"], "action_ts": self.workspace.fresh_ts()}
                    action = {**chosen, "action_id": element["action_id"], **stamp}
                    payload: Json = {"type": "block_actions", **self._gesture(person), "actions": [action]}
                    container = {"type": "view", "view_id": view_id}
                    self.socket_mode.offer("interactive", {**payload, "view": view, "container": container})
                    return str(action["action_ts"])
        raise LookupError(f"the window {view_id} has no option {option}")

    def operator_is(self, user: str, *, active: bool) -> None:
        """Slack comes to show somebody as being there, or as away."""
        self._user(user).is_active = active

    def expire_triggers(self) -> None:
        """Three seconds pass: no gesture so far can open a window any more."""
        self.triggers.clear()

    async def operator_submits(self, user: str, view_id: str, values: Json | None = None) -> str:
        """Someone sends a modal; `values` is block id → action id → value. Returns the view's id."""
        view = self.views.pop(view_id)
        view = {**view, "state": {"values": values or {}}}
        payload = {"type": "view_submission", **self._gesture(self._user(user)), "view": view}
        self.socket_mode.offer("interactive", {**payload, "response_urls": []})
        return view_id

    async def operator_opens_home(self, user: str) -> str:
        """Someone opens the app's home tab; returns the event's ts."""
        ts = self.workspace.fresh_ts()
        event = {"type": "app_home_opened", "user": self._user(user).id, "tab": "home", "event_ts": ts}
        self.emit({**event, "channel": "D0LINEA001"}, None)
        return ts

    async def operator_presses_at_home(self, user: str, action_id: str) -> str:
        """Someone presses a button of the app's home tab; returns the gesture's action_ts.

        `LookupError` when their tab shows no such button.
        """
        person = self._user(user)
        home = self.homes[person.id]
        elements = [each for block in home["blocks"] for each in walk(block)]
        button = next((each for each in elements if each.get("action_id") == action_id), None)
        if button is None:
            raise LookupError(f"the home of {user} shows nothing with action_id {action_id}")
        stamp = self.workspace.fresh_ts()
        action = {"type": "button", "action_id": action_id, "block_id": "home", "action_ts": stamp}
        container = {"type": "view", "view_id": home["id"]}
        payload = {"type": "block_actions", **self._gesture(person), "actions": [action]}
        self.socket_mode.offer("interactive", {**payload, "view": home, "container": container})
        return stamp

    def archive(self, channel: str | None = None, archived: bool = True) -> None:
        """Someone archives a channel, or brings it back."""
        self._channel(channel).is_archived = archived
        self.changes.ring()

    def remove_bot(self, channel: str | None = None) -> None:
        """Someone removes the bot from a channel."""
        self._channel(channel).members.discard(BOT_USER)
        self.changes.ring()

    def invite_bot(self, channel: str | None = None) -> None:
        """Someone invites the bot into a channel."""
        self.workspace.member(self._channel(channel), BOT_USER, joined=True)

    def add_user(self, name: str, real_name: str, display_name: str = "") -> str:
        """A new colleague, in every channel; returns the id."""
        user = self.workspace.add_user(name, real_name, display_name)
        for channel in self.workspace.channels.values():
            channel.members.add(user.id)
        return user.id

    def add_channel(self, name: str, private: bool = False, bot: bool = True) -> str:
        """A new channel; `bot` says whether our bot was invited. Returns the id."""
        return self.workspace.add_channel(name, private, bot).id

    # What is seen

    def thread(self, ts: str) -> list[Shown]:
        """The messages of a thread, root first, as people see them; empty when it is gone."""
        try:
            channel = self.workspace.locate(ts).channel
        except LookupError:
            return []
        return [self.workspace.shown(m) for m in self.workspace.in_thread(channel, ts)]

    def messages(self, channel: str | None = None) -> list[Shown]:
        """The messages of a channel itself, oldest first, as people see them."""
        return [self.workspace.shown(m) for m in self.workspace.in_channel(self._channel(channel).id)]

    # Helpers

    def _typed(self, text: str) -> tuple[str, list[Json]]:
        return typed(text, self.workspace.find_user, self.workspace.find_channel)

    def _user(self, name: str) -> User:
        found = self.workspace.find_user(name)
        if found is None:
            raise LookupError(f"nobody is called {name}")
        return self.workspace.users[found]

    def _channel(self, name: str | None) -> Channel:
        found = self.workspace.find_channel(name or self.channel)
        if found is None:
            raise LookupError(f"there is no channel {name}")
        return self.workspace.channels[found]

    def _gesture(self, person: User) -> Json:
        return {
            "user": {"id": person.id, "username": person.name, "name": person.name, "team_id": TEAM},
            "api_app_id": APP,
            "token": "verification-token-of-old",
            "trigger_id": self.new_trigger(),
            "team": {"id": TEAM, "domain": TEAM_DOMAIN},
            "enterprise": None,
            "is_enterprise_install": False,
        }

    def _action(self, message: Message, action_id: str, option: str | None, person: User) -> Json:
        for block in message.blocks:
            for element in walk(block):
                if element.get("action_id") == action_id:
                    kept = ("type", "action_id", "text", "value")
                    action: Json = {key: element[key] for key in kept if key in element}
                    chosen = self._chosen(element, option, person)
                    stamp = {"block_id": block["block_id"], "action_ts": self.workspace.fresh_ts()}
                    return {**action, **chosen, **stamp}
        raise LookupError(f"message {message.ts} shows nothing with action_id {action_id}")

    def _chosen(self, element: Json, option: str | None, person: User) -> Json:
        if element["type"] == "button":
            return {}
        if element["type"] == "users_select":
            return {"selected_user": option or person.id}
        for candidate in element["options"]:
            if candidate["value"] == option:
                return {"selected_option": candidate}
        raise LookupError(f"{element['action_id']} has no option {option}")
