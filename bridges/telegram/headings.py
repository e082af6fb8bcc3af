"""A conversation's first message and its topic's name, kept as it stands: does it wait, who has it, is it closed."""

import asyncio
import time
from collections import OrderedDict
from dataclasses import replace

from bridges.telegram.aside import Aside
from bridges.telegram.buttons import keyboard
from bridges.telegram.chats import Chats
from bridges.telegram.ids import NAME, Chain, Topic, thread_of
from bridges.telegram.render import Words, parts, topic_name
from bridges.telegram.sender import Sender
from bridges.telegram.shown import as_of, is_headed, messages_of, sharing
from models.tables import Kind, State
from routing.bridge import ConversationInfo, Place
from routing.glance import Glance, left_for
from routing.hub import Hub

_REMEMBERED = 5_000
_PATIENCE = 120.0
"""Seconds that a heading waits for a permit that no message needs; then it stays as it is till the next change."""

_Looks = tuple[Glance, str | None]


class Headings:
    """Keeps headings up to date with the permits that messages leave over: nothing depends on them."""

    def __init__(self, hub: Hub, sender: Sender, chats: Chats, aside: Aside) -> None:
        self._hub = hub
        self._sender = sender
        self._chats = chats
        self._aside = aside
        self._shown: OrderedDict[str, _Looks] = OrderedDict()
        self._waiting: set[str] = set()
        self._unnamed: set[str] = set()
        """Those whose topic bears an older name than its heading says."""

    def written(self, info: ConversationInfo, now: Glance) -> None:
        """A heading was just posted: it says how the conversation is now."""
        self._shown[info.id] = (now, info.department)
        self._shown.move_to_end(info.id)
        while len(self._shown) > _REMEMBERED:
            self._shown.popitem(last=False)

    def changed(self, conversation_id: str) -> None:
        """The conversation may have changed hands or state: see to its heading, some time soon."""
        if conversation_id not in self._waiting:
            self._waiting.add(conversation_id)
            self._aside.run(self._see_to(conversation_id))

    def left(self, conversation_id: str, place: Place) -> None:
        """The conversation goes on in another group: say so where it was, some time soon."""
        self._aside.run(self._leave(conversation_id, place))

    async def _leave(self, conversation_id: str, place: Place) -> None:
        info = await self._hub.conversation(conversation_id)
        if info is None or not await self._permit(place.chat):
            return
        now = left_for(info.department, self._words().language)
        # What is left behind has no buttons any more, as one that is closed.
        await self._rewrite(replace(info, state=State.CLOSED), now, place)
        await self._rename(info, now, place)

    async def _see_to(self, conversation_id: str) -> None:
        try:
            thread = await self._hub.store.thread(conversation_id, NAME)
            if thread is None or not await self._permit(thread.chat):
                return
        finally:
            # From here on what happens is not in what is read: it asks for another look.
            self._waiting.discard(conversation_id)
        await self._refresh(conversation_id, Place(thread.chat, thread.thread))

    async def _permit(self, chat: str) -> bool:
        """Wait until the chat may be written to and no message wants to; False when that does not come."""
        deadline = time.monotonic() + _PATIENCE
        while True:
            delay = self._delay(chat)
            if delay <= 0:
                return True
            if time.monotonic() + delay > deadline:
                return False
            await asyncio.sleep(delay)

    def _delay(self, chat: str) -> float:
        now = time.monotonic()
        return max((budget.delay(now) for budget in self._chats.budgets(chat)), default=0.0)

    async def _refresh(self, conversation_id: str, place: Place) -> None:
        info = await self._hub.conversation(conversation_id)
        if info is None or self._chats.present(place.chat) != place.chat:
            return
        now = await self._hub.glance(info)
        if self._shown.get(info.id) != (now, info.department):
            self.written(info, now)
            await self._rewrite(info, now, place)
        elif info.id not in self._unnamed:
            return
        await self._rename(info, now, place)

    async def _rename(self, info: ConversationInfo, now: Glance, place: Place) -> None:
        thread = thread_of(place.thread)
        # Nicest to have of all: after the heading, and not where that is about to change again.
        if not isinstance(thread, Topic) or not await self._permit(place.chat):
            return
        if info.id in self._waiting:
            self._unnamed.add(info.id)  # the look that comes may find the heading as it is to be
            return
        self._unnamed.discard(info.id)
        name = topic_name(info, self._words(), now.sign)
        await self._sender.rename_topic(place.chat, thread, name, now.sign)

    async def _rewrite(self, info: ConversationInfo, now: Glance, place: Place) -> None:
        thread = thread_of(place.thread)
        seq = await self._first(info.id, place.chat, thread)
        entry = await self._hub.store.entry(info.id, seq) if seq is not None else None
        if entry is None or not await is_headed(self._hub, info.id, entry.seq, place.chat, thread):
            return
        words = self._words()
        messages = await messages_of(self._hub, info.id, entry.seq, place.chat)
        group = await sharing(self._hub, entry, place.chat, messages)
        group, _ = await as_of(self._hub, group, None, words)
        first = parts(info, tuple(group), words, headed=True, now=now)[0]
        question = await self._hub.question_of(info.id)
        buttons = keyboard(
            info, words, is_callback=info.kind == Kind.CALLBACK, blocked=now.blocked, question=question
        )
        for budget in self._chats.budgets(place.chat):
            budget.take(time.monotonic())
        await self._sender.edit(place.chat, messages[0], first, buttons)

    async def _first(self, conversation_id: str, chat: str, thread: Topic | Chain) -> int | None:
        """The number of the entry in a thread's first message."""
        if isinstance(thread, Chain):
            root = await self._hub.message_at(NAME, chat, str(thread.root))
            return root.seq if root else None
        shown = await self._hub.store.messages_on(conversation_id, NAME, chat)
        later = [row for row in shown if int(row.message) > thread.id]
        return min(later, key=lambda row: (int(row.message), row.seq)).seq if later else None

    def _words(self) -> Words:
        return Words.of(self._hub.settings)
