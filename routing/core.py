"""What all of the hub's parts share: configuration, the record, bridges, live streams, and the clock."""

import asyncio
import hashlib
import hmac
import logging
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from models.engine import READERS
from models.journal import Draft, Journal, Record, Transaction
from models.store import Store
from models.tables import (
    OFFICE_ID,
    Author,
    Conversation,
    FormerThread,
    Kind,
    RemoteMessage,
    Switch,
    Thread,
    What,
)
from routing.around import Around
from routing.bridge import Bridge, ConversationInfo, Correspondent, Health, Post
from routing.bus import Alone, Bus, Message
from routing.changes import HUB, new_id, office_row
from routing.clock import Clock
from routing.fanout import DESK, EVERYWHERE, Fanout, Live
from routing.files import FileStore
from routing.glance import EARLIER, Glance, glance
from routing.inbound import Arrival
from routing.office import office_state
from routing.outbox import Outbox
from routing.presence import Attendance
from routing.queue import Queue
from routing.receipts import Receipts
from routing.rules import Asked, choose_department
from routing.signs import Signs
from routing.spoken import NEWEST, spoken_in
from routing.texts import say
from routing.watch import Watch
from schedules.hours import OfficeState
from settings import Settings
from texts import Words, choose, words

log = logging.getLogger(__name__)

VISITOR = "visitor"
"""The ``origin`` of what citizens write."""
NOT_REACHABLE = "not reachable"
"""The ``rule`` of an office that is closed to citizens because no operator can be reached."""
_REMEMBERED = 20_000
"""Conversations kept in memory: about 20 MB, more than are alive at once in any town."""

VISIBLE = {
    What.MESSAGE, What.EDITED, What.DELETED, What.FILE, What.OPERATOR, What.CLOSED, What.REACTION,
}  # fmt: skip
"""What a citizen's stream shows; everything else stays inside."""

_MOVES_THE_LINE = {
    What.OPERATOR, What.CLOSED, What.REOPENED, What.PASSED, What.BLOCKED, What.CALLBACK,
}  # fmt: skip
"""What changes who waits for a first answer, besides somebody new; the first answer comes with ``OPERATOR``."""

_MISPLACES = {What.REOPENED, What.PASSED}
"""What may leave a conversation in a thread where it does not belong."""


def moves_the_line(kind: str, seq: int) -> bool:
    """Whether an entry changes who waits for a first answer."""
    return kind in _MOVES_THE_LINE or seq == 1


class Core:
    """The hub's shared state. ``now`` is the clock (timezone-aware)."""

    def __init__(
        self,
        settings: Settings,
        journal: Journal,
        store: Store,
        files: FileStore,
        secret: bytes,
        now: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self.journal = journal
        self.store = store
        self.files = files
        self.now = now
        self.fanout = Fanout()
        self.bus: Bus = Alone()
        self.around: Around | None = None
        """What the other hubs on the same record say; None for a hub that is alone on it."""
        self.leads = True
        """Whether this is the hub that talks to the platforms."""
        self.receipts = Receipts(store, self.tell, self.to_others)
        self.places = asyncio.Event()
        """A conversation may be where it does not belong any more (`routing.moving`)."""
        self.queue = Queue(store, self.fanout, lambda: self._settings, now)
        self.watch = Watch(Clock(), self._line_changed)
        self.bridges: dict[str, Bridge] = {}
        self.catching_up = asyncio.Semaphore(READERS)
        """Taken by streams while they read what there was: thousands come back at once after a restart, and those
        that wait are to cost next to nothing."""
        self.correspondents: dict[str, Correspondent] = {}
        """Those of the bridges that write to citizens."""
        self.outboxes: dict[str, Outbox] = {}
        self.switch: Switch | None = None
        self.attendance = Attendance(journal, store)
        self._blocked: dict[str, int] = {}
        self._known: dict[str, tuple[bool, str | None]] = {}
        self.signs = Signs(journal, store, self.bridges, self._nobody_reads, Clock())
        self._secret = secret
        self._tongues: OrderedDict[str, tuple[int, str | None]] = OrderedDict()
        """The language that citizens write in, as of the newest of their messages."""
        self._infos: OrderedDict[str, ConversationInfo] = OrderedDict()
        self._reads: dict[str, asyncio.Task[ConversationInfo | None]] = {}
        """The read of each conversation that is under way, as long as nothing has changed it since."""
        journal.on_written(self._written)

    @property
    def settings(self) -> Settings:
        """The configuration in force."""
        return self._settings

    @property
    def operators_language(self) -> str:
        """The language operators are spoken to in."""
        return self._settings.office.language

    def words_for(self, *wishes: str | None) -> Words:
        """What a citizen reads: in the first of these languages that we speak, else in the office's."""
        return words(choose(*wishes, default=self._settings.office.language), self._settings.texts)

    def office(self, department: str | None = None) -> OfficeState:
        """Whether the office is there now, or a department with hours of its own."""
        return office_state(self._settings, self.switch, self.now(), department)

    def office_for_citizens(self, department: str | None = None) -> OfficeState:
        """The same, and closed to citizens while no operator can be reached."""
        state = self.office(department)
        if state.open and self.is_cut_off():
            return replace(state, open=False, until=None, reopens=None, reason=None, rule=NOT_REACHABLE)
        return state

    def is_unattended(self, department: str | None = None) -> bool:
        """Whether the office is open and nobody is there to be seen: what is written is read later."""
        return self.attendance.nobody and self.office(department).open

    def is_cut_off(self) -> bool:
        """Whether no operator can be reached: every platform is away, and nobody has the desk open.

        An office without any platform works from its desk, by the hours alone.
        """
        platforms = self.bridges.keys() - self.correspondents.keys()
        return bool(platforms) and self.away() >= platforms and not self.desks()

    def away(self) -> set[str]:
        """The platforms that operators were told are away, as the hub that leads knows them."""
        if self.leads or self.around is None:
            return self.watch.away
        return self.around.away(self.bridges.keys())

    def healths(self) -> dict[str, Health]:
        """What is known of each platform, here or by the hub that leads."""
        own = {name: bridge.health for name, bridge in self.bridges.items()}
        return own if self.leads or self.around is None else own | self.around.healths()

    def tell(self, topic: str, event: Live) -> None:
        """To the streams of a topic, on whichever hub they are open."""
        self.fanout.publish(topic, event)
        self.bus.send({"kind": "live", "topic": topic, "event": event.event, "data": event.data})

    def to_others(self, message: Message) -> None:
        """To the other hubs, if there are any."""
        self.bus.send(message)

    def operator_did_something(self) -> None:
        """An operator is there: pages that said that nobody is hear of it."""
        if self.attendance.did_something(self.now()):
            self.fanout.publish(EVERYWHERE, Live("status"))

    def desks(self) -> int:
        """How many desks are open, on whichever hub."""
        return self.fanout.listeners(DESK) + (0 if self.around is None else self.around.desks)

    async def _line_changed(self, name: str, back: bool) -> None:
        """A platform is away, or back: tell the operators of the others and at the desk, and open pages."""
        text = say(self.operators_language, "line_back" if back else "line_away", bridge=name.capitalize())
        self.tell(DESK, Live("notice", {"text": text}))
        self.fanout.publish(EVERYWHERE, Live("status"))
        await self.announce(f"line/{name}/{new_id()}", text, without=name)

    def token_of(self, conversation_id: str) -> str:
        """The bearer token of a conversation; derived, so that a repeated start can be answered alike."""
        return hmac.new(self._secret, f"conversation {conversation_id}".encode(), hashlib.sha256).hexdigest()

    async def conversation(self, conversation_id: str) -> ConversationInfo | None:
        """A conversation as it is now."""
        info = self._infos.get(conversation_id)
        if info is not None:
            self._infos.move_to_end(conversation_id)
            return info
        reading = self._reads.get(conversation_id)
        if reading is None:  # else whoever comes meanwhile would make the next wait longer, without end
            reading = self._reads[conversation_id] = asyncio.create_task(self._read(conversation_id))
            reading.add_done_callback(partial(self._was_read, conversation_id))
        return await asyncio.shield(reading)

    async def _read(self, conversation_id: str) -> ConversationInfo | None:
        row = await self.store.conversation(conversation_id)
        if row is None:
            return None
        if self._reads.get(conversation_id) is asyncio.current_task():
            return self._keep(ConversationInfo.of(row))
        # What was read may be older than what was written meanwhile.
        return self._infos.get(conversation_id) or ConversationInfo.of(row)

    def _was_read(self, conversation_id: str, reading: "asyncio.Task[ConversationInfo | None]") -> None:
        if self._reads.get(conversation_id) is reading:
            del self._reads[conversation_id]
        if not reading.cancelled():
            reading.exception()  # perhaps nobody waits for it any more

    def remember(self, row: Conversation) -> ConversationInfo:
        """A conversation was changed to this: keep its present state at hand. Call on the loop only."""
        info = ConversationInfo.of(row)
        self.forget(info.id)
        if self.around is None:
            return self._keep(info)
        return info  # another hub may have changed it since: only what is read later is newer

    def _keep(self, info: ConversationInfo) -> ConversationInfo:
        self._infos[info.id] = info
        while len(self._infos) > _REMEMBERED:
            self._infos.popitem(last=False)
        return info

    async def glance(self, info: ConversationInfo) -> Glance:
        """How a conversation stands, in the operators' language and the office's time."""
        zone = ZoneInfo(self._settings.office.timezone)
        entries = await self.store.turns(info.id)
        spoken = await self.spoken(info)
        foreign = spoken if spoken != info.lang[:2] else None
        return glance(
            info, entries, self.operators_language, zone, foreign,
            blocked=self.is_blocked(info), earlier=await self.earlier(info, EARLIER + 1),
        )  # fmt: skip

    async def earlier(self, info: ConversationInfo, limit: int) -> list[ConversationInfo]:
        """The citizen's conversations before this one, the newest first, where they agreed to have them seen."""
        if info.browser_mark is None:
            return []
        rows = await self.store.earlier(info.browser_mark, info.created_at, limit)
        return [ConversationInfo.of(row) for row in rows]

    def is_blocked(self, info: ConversationInfo) -> bool:
        """Whether this citizen may not write at the moment."""
        return info.is_blocked(self._at())

    def _at(self) -> int:
        """Now, as the record writes it: in milliseconds since 1970 UTC."""
        return int(self.now().timestamp() * 1000)

    async def spoken(self, info: ConversationInfo) -> str | None:
        """The language that the citizen writes in, where that is certain."""
        said = await self.store.last_said(info.id, NEWEST)
        newest = said[-1].seq if said else 0
        known = self._tongues.get(info.id)
        if known is None or known[0] != newest:
            known = newest, await spoken_in(entry.text for entry in said)
            self._tongues[info.id] = known
            while len(self._tongues) > _REMEMBERED:
                self._tongues.popitem(last=False)
        return known[1]

    async def question_of(self, conversation_id: str) -> str:
        """What a citizen asked first, as far as it is a text."""
        first = await self.store.entries(conversation_id, limit=1)
        return first[0].text if first and first[0].author == Author.VISITOR else ""

    def forget(self, conversation_id: str) -> None:
        """It changed or was erased: read it again next time."""
        self._reads.pop(conversation_id, None)
        self._infos.pop(conversation_id, None)

    def forget_all(self) -> None:
        """Anything may have changed: read all of it again next time."""
        self._reads.clear()
        self._infos.clear()

    def department_for(self, asked: Asked) -> str | None:
        """The department that a new conversation belongs to; None: to the office as a whole."""
        asked = replace(asked, lang=asked.lang or self._settings.office.language)
        return choose_department(self._settings, asked, lambda department: self.office(department).open)

    def destinations(self, department: str | None, *, without: str | None = None) -> tuple[str, ...]:
        """The bridges that show a department's conversations, except the one a message came from."""
        return tuple(
            name
            for name, bridge in self.bridges.items()
            if name != without and bridge.destination(department) is not None
        )

    def mailboxes(self, email: str | None) -> dict[str, str]:
        """The bridges that can write to a citizen, each with the address it would write to."""
        found = {name: bridge.address_of(email) for name, bridge in self.correspondents.items()}
        return {name: address for name, address in found.items() if address}

    def shown_name(self, record: Record) -> str | None:
        """The author's name as the citizen is to see it."""
        if record.author == Author.VISITOR:
            return record.name
        return self.shown_operator(record.name if record.author == Author.OPERATOR else None)

    def shown_operator(self, name: str | None) -> str:
        """An operator's name as the citizen is to see it (``office.show_operators_as``)."""
        office = self._settings.office
        words = (name or "").split()
        return words[0] if words and office.show_operators_as == "first-name" else office.name

    async def announce(self, key: str, text: str, *, without: str | None = None) -> None:
        """Tell all operators something that belongs to no conversation, once for each ``key``."""
        deliver_to = self.destinations(None, without=without)

        def work(tx: Transaction) -> None:
            office_row(tx)
            tx.append(Draft(OFFICE_ID, What.ANSWER, HUB, key, Author.SYSTEM, text, deliver_to=deliver_to))

        await self.journal.run(work)

    def delivery_failed(
        self, bridge: str, info: ConversationInfo, record: Record, reason: str
    ) -> Draft | None:
        """What shows on the other platforms, and at the desk, that a message did not get through on this one."""
        if record.kind == What.ANSWER:
            return None
        if record.kind == What.WITHDRAWN:
            text = say(self.operators_language, "not_withdrawn", bridge=bridge.capitalize(), reason=reason)
            return Draft(
                OFFICE_ID, What.ANSWER, HUB, f"withdrawn/{info.id}/{record.seq}", Author.SYSTEM, text,
                deliver_to=self.destinations(None),
            )  # fmt: skip
        text = say(self.operators_language, "delivery_failed", bridge=bridge, reason=reason)
        return Draft(
            info.id,
            What.ANSWER,
            HUB,
            f"failed/{bridge}/{info.id}/{record.seq}",
            Author.SYSTEM,
            text,
            deliver_to=self.destinations(info.department, without=bridge),
        )

    async def announce_stuck(self, bridge: str, post: Post, count: int) -> None:
        """Tell the operators, once, that so many messages of an erased conversation could not be taken away."""
        language = self.operators_language
        reason = say(language, "withdrawn_stays", count=count)
        key = f"withdrawn/{post.conversation.id}/{post.entry.seq}"
        await self.announce(key, say(language, "not_withdrawn", bridge=bridge.capitalize(), reason=reason))

    async def _nobody_reads(self, conversation_id: str, had: int) -> bool:
        """Tell a chat's operators that the citizen is gone, once until one of their messages is read."""
        info = await self.conversation(conversation_id)
        if info is None or info.kind != Kind.CHAT:
            return False
        text = say(self.operators_language, "nobody_reads")
        key = f"unread/{conversation_id}/{had}"
        deliver_to = self.destinations(info.department)
        await self.journal.append(
            Draft(conversation_id, What.ANSWER, HUB, key, Author.SYSTEM, text, deliver_to=deliver_to)
        )
        return True

    async def letter_settled(self, post: Post, sent: bool) -> None:
        """A letter is with the mail server, which is all that is ever known of it (``sent``), or was given up."""
        await self.receipts.settled(post, sent)
        if sent:
            self.signs.had(post.conversation.id, post.entries[-1].seq)

    async def thread_at(self, bridge: str, chat: str, thread: str) -> Thread | None:
        """The conversation that lives at this thread, also where its thread has moved on since."""
        found = await self.store.thread_at(bridge, chat, thread)
        if found is not None:
            return found
        left = await self.store.former_thread_at(bridge, chat, thread)
        if left is not None:
            return as_thread(left)
        root = await self.store.remote_message(bridge, chat, thread)
        if root is None:
            return None
        return Thread(conversation_id=root.conversation_id, bridge=bridge, chat=chat, thread=thread)

    async def open_threads(self, bridge: str) -> list[Thread]:
        """The threads of conversations that are not closed, the most recently changed first; then those they left."""
        left = await self.store.left_threads(bridge)
        return [*await self.store.open_threads(bridge), *map(as_thread, left)]

    async def has_thread_in(self, bridge: str, chat: str, conversation_id: str) -> bool:
        """Whether a conversation is, or once was, in a chat of a platform."""
        now = await self.store.thread(conversation_id, bridge)
        left = await self.store.former_threads(conversation_id, bridge)
        return (now is not None and now.chat == chat) or any(thread.chat == chat for thread in left)

    async def destinations_beside(self, arrival: Arrival, info: ConversationInfo) -> tuple[str, ...]:
        """The bridges that are to show what an operator wrote: not where they did, unless it was in an old thread."""
        if arrival.bridge not in self.bridges:  # the desk has no threads
            return self.destinations(info.department)
        thread = await self.store.thread(info.id, arrival.bridge)
        elsewhere = thread is not None and (
            thread.chat != arrival.chat or arrival.thread not in (None, thread.thread)
        )
        return self.destinations(info.department, without=None if elsewhere else arrival.bridge)

    async def message_at(self, bridge: str, chat: str, message: str) -> RemoteMessage | None:
        """The entry behind a message on a platform."""
        return await self.store.remote_message(bridge, chat, message)

    async def read_file(self, key: str) -> bytes:
        """The bytes of a conversation's file.

        Raises
        ------
        FileNotFoundError
            If it was erased.
        """
        return await self.files.read(key)

    def _written(self, records: list[Record], _numbers: list[int]) -> None:
        """After each commit: to the open streams, the desk, and the outboxes that have work now."""
        busy: set[str] = set()
        moves = misplaces = False
        for record in records:
            self.fanout.publish(record.conversation_id, record)
            self.fanout.publish(DESK, record)
            self.signs.wrote(record)
            if record.author == Author.OPERATOR:
                self.operator_did_something()
            busy.update(record.deliver_to)
            moves |= moves_the_line(record.kind, record.seq)
            misplaces |= record.kind in _MISPLACES
        if moves:
            self.queue.changed()
        if misplaces:
            self.places.set()
        for name in busy:
            if name in self.outboxes:
                self.outboxes[name].wake()


def as_thread(left: FormerThread) -> Thread:
    """A thread that a conversation has left, as the others."""
    return Thread(
        conversation_id=left.conversation_id,
        bridge=left.bridge,
        chat=left.chat,
        thread=left.thread,
        last_seen=left.last_seen,
    )
