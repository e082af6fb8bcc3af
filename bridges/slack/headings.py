"""A thread's first message as colleagues see it in the channel: does it wait, who has it, is it closed."""

from collections import OrderedDict
from dataclasses import replace

from bridges.slack.aside import Aside
from bridges.slack.channels import Channels
from bridges.slack.ids import NAME
from bridges.slack.render import TextPart, Words, parts
from bridges.slack.sender import Sender
from bridges.slack.shown import as_of, messages_of, sharing
from models.journal import Record
from models.tables import Kind, State
from routing.bridge import ConversationInfo, Place
from routing.glance import Glance, left_for
from routing.hub import Hub

_REMEMBERED = 5_000

_Looks = tuple[Glance, str | None]


class Headings:
    """Keeps headings up to date as far as Slack lets us: nothing depends on them."""

    def __init__(self, hub: Hub, sender: Sender, channels: Channels, aside: Aside) -> None:
        self._hub = hub
        self._sender = sender
        self._channels = channels
        self._aside = aside
        self._shown: OrderedDict[str, _Looks] = OrderedDict()

    def written(self, info: ConversationInfo, now: Glance) -> None:
        """A heading was just posted: it says how the conversation is now."""
        self._shown[info.id] = _looks(info, now)
        self._shown.move_to_end(info.id)
        while len(self._shown) > _REMEMBERED:
            self._shown.popitem(last=False)

    def changed(self, conversation_id: str) -> None:
        """The conversation may have changed hands or state: see to its heading, some time soon."""
        self._aside.run(self._refresh(conversation_id))

    def left(self, conversation_id: str, place: Place) -> None:
        """The conversation goes on in another thread: say so where it was, some time soon."""
        self._aside.run(self._leave(conversation_id, place))

    async def _leave(self, conversation_id: str, place: Place) -> None:
        info = await self._hub.conversation(conversation_id)
        root = await self._hub.message_at(NAME, place.chat, place.thread)
        entry = await self._hub.store.entry(conversation_id, root.seq) if root else None
        if info is None or entry is None or not self._channels.may_refresh():
            return
        now = left_for(info.department, Words.of(self._hub.settings).language)
        # What is left behind has no buttons any more, as one that is closed.
        await self._rewrite(replace(info, state=State.CLOSED), now, place, entry)

    async def _refresh(self, conversation_id: str) -> None:
        info = await self._hub.conversation(conversation_id)
        place = await self._hub.store.thread(conversation_id, NAME)
        if info is None or place is None or info.kind == Kind.OFFICE:
            return  # what is told to the whole office has no heading
        now = await self._hub.glance(info)
        if self._shown.get(conversation_id) == _looks(info, now):
            return
        root = await self._hub.message_at(NAME, place.chat, place.thread)
        entry = await self._hub.store.entry(conversation_id, root.seq) if root else None
        if entry is None or not self._channels.may_refresh():
            return
        self.written(info, now)
        await self._rewrite(info, now, Place(place.chat, place.thread), entry)

    async def _rewrite(self, info: ConversationInfo, now: Glance, place: Place, entry: Record) -> None:
        words = Words.of(self._hub.settings)
        messages = await messages_of(self._hub, info.id, entry.seq, place.chat)
        group, _ = await as_of(self._hub, await sharing(self._hub, entry, place.chat, messages), words)
        first = parts(info, tuple(group), words, headed=True, now=now)[0]
        if messages[:1] == (place.thread,) and isinstance(first, TextPart):
            await self._sender.edit(place.chat, place.thread, first)


def _looks(info: ConversationInfo, now: Glance) -> _Looks:
    return now, info.department
