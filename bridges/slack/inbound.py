"""What operators do on Slack, one event at a time, to the hub."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from weakref import WeakValueDictionary

from slack_sdk.web.async_client import AsyncWebClient

from bridges.slack.attachments import NotFetched, fetch
from bridges.slack.events import Action, File, Message, MessageEvent, Pressed, Reaction, Shortcut
from bridges.slack.format import people, plain
from bridges.slack.ids import (
    NAME,
    choice_of,
    deletion_key,
    edit_key,
    message_key,
    press_key,
    reaction_key,
    reference,
    sending_key,
    ts_of,
)
from bridges.slack.menu import CHOSEN, OPEN, Menu
from bridges.slack.names import Names
from bridges.slack.opening import Opening
from bridges.slack.rich import rich
from bridges.slack.signs import emoji_of
from models.tables import RemoteMessage, What
from routing import commands
from routing.careful import without_sign
from routing.commands import Command
from routing.files import safe_name
from routing.hub import Hub
from routing.inbound import Arrival, Operator
from routing.styled import Mark

SIGN = "!"
"""What a command begins with: threads offer no slash commands."""
_WRITTEN = (None, "thread_broadcast", "file_share", "me_message")
"""Subtypes of messages that a person wrote; all others are Slack's own remarks."""
_PATIENCE = 2.5
"""Seconds an event may wait for its thread to become known: Slack wants it acknowledged within 3."""
_LOOK = 0.05
"""Seconds between two looks for a thread that has just been opened."""
_REMEMBERED = 5_000
_ACTIONS = ("take", "close", "done", "tried", "pass", "block", "unblock", OPEN)
_REPLY = "reply-"


class Inbound:
    """Takes events in. Those of one thread are handled one after the other, in the order they came."""

    def __init__(
        self,
        hub: Hub,
        client: AsyncWebClient,
        names: Names,
        opening: Opening,
        is_ours: Callable[[str], bool],
        changed: Callable[[str], None],
        unread: Callable[[str, str], None],
        nobody: Callable[[str, str, str | None], None],
    ) -> None:
        """Take the parts that it needs.

        ``is_ours`` says whether a channel is one of the office's; ``changed`` is told of a conversation that
        may look different now, ``unread`` of a thread that holds something that no event told; ``nobody`` of
        something that was done in a thread without a conversation, and of the message where it was one.
        """
        self._hub = hub
        self._client = client
        self._names = names
        self._opening = opening
        self._is_ours = is_ours
        self._changed = changed
        self._unread = unread
        self._nobody = nobody
        self.menu = Menu(hub, client, names)
        self.own_user: str | None = None
        self._turns: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()
        self._edited: OrderedDict[tuple[str, str], str] = OrderedDict()
        self._deleted: OrderedDict[tuple[str, str], None] = OrderedDict()

    async def message(self, event: MessageEvent) -> None:
        """Tell the hub what an event says; returns once that is on disk.

        Raises
        ------
        StorageError, OSError
            If it could not be written: the event is not to be acknowledged.
        """
        if event.subtype in _WRITTEN:
            await self.written(event.channel, event)
        elif event.subtype == "message_changed" and event.message is not None:
            await self._was_changed(event.channel, event.message, event.previous_message or Message())
        elif event.subtype == "message_deleted" and event.deleted_ts:
            await self._was_deleted(event.channel, event.deleted_ts, event.previous_message or Message())
        elif event.subtype == "message_replied":
            # Slack sometimes tells of a reply only by this, without its text.
            root = event.thread_ts or (event.message.ts if event.message else "")
            under_way = self._opening.any(event.channel)  # asked first: the thread may be known just after
            if under_way or await self._hub.thread_at(NAME, event.channel, root) is not None:
                self._unread(event.channel, root)

    async def written(self, channel: str, message: Message) -> None:
        """An operator's message, as an event tells it or as a thread read back shows it."""
        if self._is_a_bots(message):
            return
        async with self._turn(channel, message.thread or message.ts):
            if (channel, message.ts) in self._deleted:
                return
            conversation_id = await self._conversation_of(channel, message)
            if conversation_id is None and not (self._is_ours(channel) and _is_sign(message.text)):
                if message.thread is not None and message.parent_user_id == self.own_user:
                    self._nobody(channel, message.thread, message.ts)
                return
            arrival = Arrival(
                NAME,
                message_key(channel, message.ts),
                channel,
                await self._operator(message),
                reference(message.ts),
                message.thread,
            )
            await self._said(arrival, conversation_id, message)

    async def _said(self, arrival: Arrival, conversation_id: str | None, message: Message) -> None:
        text, marks = await self._marked(message)
        command = commands.parse(text.strip(), SIGN)
        if command is not None:
            if message.files and command.name == "note":
                names = " ".join(f"📎 {safe_name(file.shown_name)}" for file in message.files)
                command = Command(command.name, f"{command.argument} {names}".strip())
            if command.name == "pass":
                known = await self._names.names(sorted(people(message.text or "")))
                command = replace(command, people=tuple(known.values()))
            # In the channel itself people may begin a line with the sign and mean nothing by it.
            if conversation_id is not None or command.name in commands.NAMES:
                await self._hub.operator_commanded(arrival, conversation_id, command)
        elif conversation_id is None:
            return
        elif message.files:
            await self._files(arrival, conversation_id, message, text, marks)
        elif text.strip():
            await self._hub.operator_wrote(arrival, conversation_id, text, marks=marks)
        else:
            # Something forwarded, a poll…: the citizen cannot be shown it, and the operator must know.
            await self._hub.answer(arrival, conversation_id, "✗")
        if conversation_id is not None:
            self._changed(conversation_id)

    async def _files(
        self, arrival: Arrival, conversation_id: str, message: Message, text: str, marks: tuple[Mark, ...]
    ) -> None:
        """Each file is an entry of its own; the first has the message's text as its caption."""
        marked = without_sign(text) is not None
        for number, file in enumerate(message.files):
            further = file.id if number else ""
            own = Arrival(
                NAME,
                message_key(arrival.chat, message.ts, further),
                arrival.chat,
                arrival.operator,
                reference(message.ts, further),
                message.thread,
            )
            if await self._hub.store.entry_by_key(NAME, own.key) is None:
                caption = (text, marks) if not number else ("", ())
                await self._file(own, conversation_id, file, *caption, marked=marked)

    async def _file(
        self,
        arrival: Arrival,
        conversation_id: str,
        file: File,
        text: str,
        marks: tuple[Mark, ...],
        *,
        marked: bool,
    ) -> None:
        name = safe_name(file.shown_name)
        if file.is_external:
            link = f"📎 {name}: {file.url_private or file.permalink or ''}"
            await self._hub.operator_wrote(arrival, conversation_id, f"{text}\n{link}".strip(), marked=marked)
            return
        try:
            content = await fetch(self._client, file)
        except NotFetched as reason:
            await self._hub.answer(arrival, conversation_id, f"📎 {name}: ✗ ({reason})")
            if text.strip():
                await self._hub.operator_wrote(arrival, conversation_id, text, marked=marked, marks=marks)
            return
        await self._hub.operator_sent_file(
            arrival, conversation_id, name, content, text, marked=marked, marks=marks
        )

    # Changes ------------------------------------------------------------------------------------

    async def _was_changed(self, channel: str, message: Message, previous: Message) -> None:
        if self._is_a_bots(message) or self._is_a_bots(previous):
            return
        if message.subtype == "tombstone":
            await self._was_deleted(channel, message.ts, previous)
            return
        await self._files_deleted(channel, message, previous)
        before = previous.edited.ts if previous.edited else ""
        if message.edited is None or message.edited.ts == before or message.text == previous.text:
            return  # a link's preview, a thread's numbers: Slack changed it, not its author
        if not _is_sign(previous.text):
            await self.edited(channel, message)

    async def edited(self, channel: str, message: Message) -> None:
        """A message's present text, if its author changed it and it is newer than what is known."""
        if message.edited is None or self._is_a_bots(message):
            return
        async with self._turn(channel, message.thread or message.ts):
            which = (channel, message.ts)
            text, marks = await self._marked(message)
            known = await self._hub.message_at(NAME, channel, reference(message.ts))
            if which not in self._edited and known is not None:
                await self._remember(which, known)
            if message.edited.ts < self._edited.get(which, "") or which in self._deleted:
                return
            if commands.parse(text.strip(), SIGN) is not None:
                return  # made a command after the fact: the citizen keeps what was sent, and sees no command
            operator = await self._operator(message)
            if known is None:
                # The message itself never came: this is the first that is heard of it.
                conversation_id = await self._conversation_of(channel, message)
                if conversation_id is not None and text.strip() and not message.files:
                    arrival = Arrival(
                        NAME,
                        message_key(channel, message.ts),
                        channel,
                        operator,
                        reference(message.ts),
                        message.thread,
                    )
                    await self._hub.operator_wrote(arrival, conversation_id, text)
            else:
                key = edit_key(channel, message.ts, message.edited.ts)
                arrival = Arrival(NAME, key, channel, operator, reference(message.ts), message.thread)
                await self._hub.operator_edited(arrival, text, marks)
            self._edited[which] = message.edited.ts
            _forget_oldest(self._edited)

    async def _remember(self, which: tuple[str, str], known: RemoteMessage) -> None:
        """What became of a message before the program was started: an event may be older than that."""
        prefix = edit_key(*which, "")
        for record in await self._hub.store.entries(known.conversation_id, after=known.seq):
            if record.target == known.seq and record.kind == What.DELETED:
                self._deleted[which] = None
            elif record.origin == NAME and record.origin_key.startswith(prefix):
                self._edited[which] = max(record.origin_key.removeprefix(prefix), self._edited.get(which, ""))

    async def _files_deleted(self, channel: str, message: Message, previous: Message) -> None:
        """A file can be deleted by itself, and leaves its message behind."""
        left = {file.id for file in message.files if file.mode != "tombstone"}
        gone = [
            (number, file)
            for number, file in enumerate(previous.files)
            if file.id not in left and file.mode != "tombstone"
        ]
        if not gone:
            return
        operator = await self._operator(previous)
        async with self._turn(channel, message.thread or message.ts):
            for number, file in gone:
                further = file.id if number else ""
                key = deletion_key(channel, message.ts, file.id)
                await self._hub.operator_deleted(
                    Arrival(NAME, key, channel, operator, reference(message.ts, further), message.thread)
                )

    async def _was_deleted(self, channel: str, ts: str, previous: Message) -> None:
        if self._is_a_bots(previous):
            return
        async with self._turn(channel, previous.thread or ts):
            self._deleted[(channel, ts)] = None
            _forget_oldest(self._deleted)
            further = [file.id for file in previous.files[1:]]
            if await self._hub.message_at(NAME, channel, reference(ts)) is None and not further:
                return
            operator = await self._operator(previous)
            for file_id in ("", *further):
                key = deletion_key(channel, ts, file_id)
                await self._hub.operator_deleted(
                    Arrival(NAME, key, channel, operator, reference(ts, file_id), previous.thread)
                )

    async def reacted(self, event: Reaction) -> None:
        """Someone reacted to a message, or took it back; raises like ``message``."""
        emoji, item = emoji_of(event.reaction), event.item
        if not emoji or event.user == self.own_user:
            return
        name = await self._names.name(event.user)
        operator = Operator(event.user, name or self._hub.settings.office.name)
        key = reaction_key(item.channel, event.event_ts, event.user, event.reaction)
        arrival = Arrival(NAME, key, item.channel, operator, reference(item.ts))
        change = "added" if event.type == "reaction_added" else "removed"
        await self._hub.operator_reacted(arrival, **{change: (emoji,)})

    # Buttons ------------------------------------------------------------------------------------

    async def pressed(self, gesture: Pressed) -> None:
        """Someone pressed a button or chose a department; raises like ``message``."""
        channel = gesture.container.channel_id
        if channel is None:
            if any(action.action_id == CHOSEN for action in gesture.actions):
                await self.menu.preview(gesture)
            return
        for action in gesture.actions:
            if action.action_id in _ACTIONS or action.action_id.startswith(_REPLY):
                await self._acted(channel, gesture, action)

    async def _acted(self, channel: str, gesture: Pressed, action: Action) -> None:
        chosen = action.selected_option.value if action.selected_option else action.value
        choice = choice_of(chosen or "")
        if not self._is_ours(channel) and not await self._hub.has_thread_in(
            NAME, channel, choice.conversation_id
        ):
            return
        if await self._hub.conversation(choice.conversation_id) is None:
            self._nobody(channel, gesture.container.thread_ts or gesture.container.message_ts, None)
            return
        name = await self._names.name(gesture.user.id) or gesture.user.name
        operator = Operator(gesture.user.id, name or self._hub.settings.office.name)
        arrival = Arrival(NAME, press_key(channel, action.action_ts, action.action_id), channel, operator)
        if action.action_id == OPEN:
            await self.menu.open(gesture, choice.conversation_id, arrival)
            return
        name = "reply" if action.action_id.startswith(_REPLY) else action.action_id
        command = Command(name, choice.what)
        await self._hub.operator_commanded(arrival, choice.conversation_id, command)

    async def sent_on(self, gesture: Shortcut) -> None:
        """Someone chose that a remark among colleagues is to reach the citizen after all; raises like ``message``."""
        channel, message = gesture.channel.id, gesture.message
        name = await self._names.name(gesture.user.id) or gesture.user.name
        operator = Operator(gesture.user.id, name or self._hub.settings.office.name)
        async with self._turn(channel, message.thread or message.ts):
            conversation_id = await self._conversation_of(channel, message)
            if conversation_id is None:
                return
            arrival = Arrival(NAME, sending_key(channel, message.ts), channel, operator)
            text, marks = await self._marked(message)
            command = commands.parse(text.strip(), SIGN)
            if self._is_a_bots(message) or command is not None or await self._was_sent(channel, message):
                await self._hub.answer(arrival, conversation_id, self.menu.say("not_sent_on"))
                return
            for number, file in enumerate(message.files):
                own = replace(arrival, key=sending_key(channel, message.ts, file.id if number else ""))
                caption = (text, marks) if not number else ("", ())
                await self._file(own, conversation_id, file, *caption, marked=True)
            if not message.files:
                await self._hub.operator_wrote(arrival, conversation_id, text, marked=True, marks=marks)
            await self._hub.answer(arrival, conversation_id, self.menu.say("sent_on"), "sent")
            self._changed(conversation_id)

    async def _was_sent(self, channel: str, message: Message) -> bool:
        """Whether the citizen has the message: it was sent when it was written."""
        entry = await self._hub.store.entry_by_key(NAME, message_key(channel, message.ts))
        return entry is not None and entry.kind in (What.MESSAGE, What.FILE)

    # Who and where ------------------------------------------------------------------------------

    def _turn(self, channel: str, thread: str) -> asyncio.Lock:
        """The lock that keeps what happens in one thread in order; first come, first served."""
        return self._turns.setdefault((channel, thread), asyncio.Lock())

    def _is_a_bots(self, message: Message) -> bool:
        if message.bot_id is not None or message.subtype == "bot_message":
            return True
        return message.user is not None and message.user == self.own_user

    async def _conversation_of(self, channel: str, message: Message) -> str | None:
        """The conversation that a message was written into; it may just be coming into being."""
        if message.thread is None:
            return None
        deadline = time.monotonic() + _PATIENCE
        while True:
            under_way = self._opening.any(channel) and time.monotonic() < deadline
            thread = await self._hub.thread_at(NAME, channel, message.thread)
            if thread is not None:
                return thread.conversation_id
            if not under_way:
                return None
            await asyncio.sleep(_LOOK)

    async def _operator(self, message: Message) -> Operator:
        user = message.user or ""
        profile = message.user_profile
        told = (profile.real_name or profile.display_name) if profile else None
        name = await self._names.name(user) if user else None
        return Operator(user, name or told or self._hub.settings.office.name)

    async def _marked(self, message: Message) -> tuple[str, tuple[Mark, ...]]:
        """The message's text, and how pieces of it are marked, where its rich text says the same as its text."""
        text = message.text or ""
        known = await self._names.names(sorted(people(text)))

        def name_of(user: str) -> str:
            return known.get(user, "@…")

        shown = plain(text, name_of, message.blocks)
        found = rich(message.blocks, name_of)
        if found is None or not found[1] or _letters(found[0]) != _letters(shown):
            return shown, ()
        return found

    # What a thread read back shows --------------------------------------------------------------

    async def caught_up(self, channel: str, message: Message, last_seen: str) -> None:
        """A reply read back from a thread; commands up to ``last_seen`` were obeyed in their time."""
        if message.subtype not in _WRITTEN or (message.ts <= ts_of(last_seen) and _is_sign(message.text)):
            return
        if await self._hub.message_at(NAME, channel, reference(message.ts)) is None:
            await self.written(channel, message)
        else:
            await self.edited(channel, message)


def _letters(text: str) -> str:
    """A text without marks, signs and spaces: in these Slack's two ways of telling it may differ."""
    return "".join(character for character in text if character.isalnum())


def _is_sign(text: str | None) -> bool:
    """Whether a message in Slack's notation begins as a command does."""
    return (text or "").lstrip().startswith(SIGN)


def _forget_oldest(memory: OrderedDict[Any, Any]) -> None:
    while len(memory) > _REMEMBERED:
        memory.popitem(last=False)
