"""What the platforms still show of an erased conversation: taken away through the outbox, like all else.

In the transaction that erases a conversation, one of kind ``withdrawal`` takes its place: it knows which
messages are to go from which chat, and nothing of what was written or by whom.
"""

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlmodel import col, delete, func, select

from models.journal import Draft, Record, Transaction
from models.questions import deliveries_of
from models.tables import (
    BY_HAND,
    FINISHED,
    Author,
    Conversation,
    Delivery,
    DeliveryState,
    Entry,
    FormerThread,
    Kind,
    RemoteMessage,
    State,
    StoredFile,
    Thread,
    What,
)
from routing.budget import Budget
from routing.changes import HUB, new_id, office_row
from routing.errors import TryLater

_WRITTEN_THERE = (What.MESSAGE, What.FILE, What.NOTE)
"""What an operator writes on a platform stands there by their own hand."""


@dataclass(slots=True, frozen=True)
class Leftover:
    """What one chat of a platform shows of a conversation."""

    bridge: str
    chat: str
    """Empty for the one where its thread would be opened."""
    thread: str | None
    """The thread it lives in; None where it has moved on, or never had one."""
    messages: tuple[str, ...]
    """The bot's own posts, oldest first."""
    theirs: int = 0
    """How many messages operators wrote there themselves, as far as the hub knows."""
    unsure: tuple[str, ...] = ()
    """Keys of posts (``Post.key``) whose answer was lost: they may be there, where the platform can be asked."""

    @classmethod
    def of(cls, record: Record, bridge: str) -> "Leftover":
        """The leftover that an entry of kind ``withdrawn`` is about."""
        data = record.data
        return cls(
            bridge,
            data["chat"],
            data["thread"],
            tuple(data["messages"]),
            data["theirs"],
            tuple(data["unsure"]),
        )

    def data(self) -> dict[str, Any]:
        """As the entry's data."""
        return {
            "chat": self.chat, "thread": self.thread, "messages": list(self.messages), "theirs": self.theirs,
            "unsure": list(self.unsure),
        }  # fmt: skip


def is_letter(chat: str) -> bool:
    """Whether it was sent to an address: then it is in the reader's own mailbox, and nobody's to take away."""
    return "@" in chat


def erase(tx: Transaction, conversation_id: str, *, everywhere: bool = True) -> list[str]:
    """Delete a conversation with all that belongs to it, and have it taken away where it is shown.

    ``everywhere`` False leaves what the platforms show to their own rules of retention. Returns the keys of
    its files, whose bytes are to be removed once this is on disk.
    """
    row = tx.conversation(conversation_id)  # first: whatever another hub is writing of it is there then
    keys = tx.session.exec(
        select(StoredFile.key).where(col(StoredFile.conversation_id) == conversation_id)
    ).all()
    leftovers = _leftovers(tx, conversation_id) if everywhere else []
    department = row.department if row else None
    tx.session.exec(delete(Delivery).where(deliveries_of(conversation_id)))
    tx.session.exec(delete(Conversation).where(col(Conversation.id) == conversation_id))
    withdraw(tx, department, leftovers)
    return list(keys)


def withdraw(tx: Transaction, department: str | None, leftovers: Iterable[Leftover]) -> None:
    """Have these taken away."""
    leftovers = list(leftovers)
    if not leftovers:
        return
    office_row(tx)  # where operators are told what could not be taken away
    row = Conversation(id=new_id(), kind=Kind.WITHDRAWAL, state=State.CLOSED, department=department)
    tx.session.add(row)
    tx.session.flush()
    tx.append_all(
        [
            Draft(
                row.id, What.WITHDRAWN, HUB, f"{row.id}/{number}", Author.SYSTEM,
                data=leftover.data(), deliver_to=(leftover.bridge,),
            )
            for number, leftover in enumerate(leftovers)
        ]
    )  # fmt: skip


def forget_when_done(tx: Transaction, conversation_id: str) -> None:
    """Delete a withdrawal once every platform has done its part."""
    undone = select(func.count()).where(
        deliveries_of(conversation_id), col(Delivery.state) != DeliveryState.SENT
    )
    if tx.session.exec(undone).one() == 0:
        tx.session.exec(delete(Delivery).where(deliveries_of(conversation_id)))
        tx.session.exec(delete(Conversation).where(col(Conversation.id) == conversation_id))


def _leftovers(tx: Transaction, conversation_id: str) -> list[Leftover]:
    rows = tx.session.exec(
        select(RemoteMessage, Entry)
        .join(
            Entry,
            (col(Entry.conversation_id) == col(RemoteMessage.conversation_id))
            & (col(Entry.seq) == col(RemoteMessage.seq)),
        )
        .where(col(RemoteMessage.conversation_id) == conversation_id)
        .order_by(col(RemoteMessage.seq), col(RemoteMessage.part))
    ).all()
    ours: dict[tuple[str, str], dict[str, None]] = {}
    theirs: dict[tuple[str, str], set[str]] = {}
    for remote, entry in rows:
        place = (remote.bridge, remote.chat)
        by_hand = entry.origin == remote.bridge and entry.kind in _WRITTEN_THERE
        if by_hand or remote.part == BY_HAND:
            theirs.setdefault(place, set()).add(remote.message)
        else:
            ours.setdefault(place, {})[remote.message] = None
    threads: dict[tuple[str, str], str] = {}
    for row in tx.session.exec(
        select(FormerThread).where(col(FormerThread.conversation_id) == conversation_id)
    ):
        threads[row.bridge, row.chat] = row.thread
    for thread in tx.session.exec(select(Thread).where(col(Thread.conversation_id) == conversation_id)):
        threads[thread.bridge, thread.chat] = thread.thread
    found = [
        Leftover(*place, threads.get(place), tuple(ours.get(place, {})), theirs=len(theirs.get(place, ())))
        for place in {**threads, **ours}
        if not is_letter(place[1])
    ]
    return found + _unsure(tx, conversation_id, {bridge for bridge, _ in threads})


def _unsure(tx: Transaction, conversation_id: str, threaded: set[str]) -> list[Leftover]:
    """The posts that may have opened a thread which the hub does not know of."""
    deliveries = tx.session.exec(
        select(Delivery).where(
            deliveries_of(conversation_id),
            col(Delivery.state).not_in((*FINISHED, DeliveryState.QUEUED)),
        )
    )
    keys: dict[str, list[str]] = {}
    for delivery in deliveries:
        if delivery.bridge not in threaded:
            keys.setdefault(delivery.bridge, []).append(f"{conversation_id}.{delivery.seq}")
    return [Leftover(bridge, "", None, (), unsure=tuple(which)) for bridge, which in keys.items()]


class Unhurried:
    """Turns for the calls that take something away: nobody waits for them, and messages are to have the room.

    40 a minute: under the 50 that Slack lets an app delete, and far under Telegram's limits.
    """

    _LONGEST = 100.0
    """Seconds after which a delivery goes to the back of the line, well before the outbox loses patience."""

    def __init__(self) -> None:
        self._budget = Budget(40, 60, 20)

    def deadline(self) -> float:
        """For a delivery that begins now."""
        return time.monotonic() + self._LONGEST

    async def turn(self, deadline: float) -> None:
        """Wait for the next turn.

        Raises
        ------
        TryLater
            If it comes after ``deadline``.
        """
        while (pause := self._budget.delay(time.monotonic())) > 0:
            if time.monotonic() + pause > deadline:
                raise TryLater("there is more to take away")
            await asyncio.sleep(pause)
        self._budget.take(time.monotonic())
