"""Writes down how far deliveries are, each step durably before the next is taken."""

from collections.abc import Callable

from sqlalchemy import ColumnElement
from sqlmodel import col, delete, select, update

from models.journal import Draft, Journal, Transaction
from models.tables import (
    COPY,
    FINISHED,
    Delivery,
    DeliveryState,
    FormerThread,
    Kind,
    RemoteMessage,
    Thread,
)
from models.term import Deposed, Term
from routing.bridge import Bridge, Place, Post
from routing.clock import Clock
from routing.errors import TryLater
from routing.withdrawing import Leftover, is_letter, withdraw


class Ledger:
    """The state of one bridge's deliveries. Every method raises ``StorageError`` if it cannot be written.

    Nothing is written down for a hub whose ``term`` is over: another one answers for the deliveries by then.
    """

    def __init__(self, bridge: str, journal: Journal, clock: Clock, term: Term) -> None:
        self._term = term
        self._bridge = bridge
        self._journal = journal
        self._clock = clock

    async def take_up(self) -> None:
        """What was being sent when the program ended may or may not have got there."""
        name = self._bridge

        def work(tx: Transaction) -> None:
            self._term.check(tx)
            tx.session.exec(
                update(Delivery)
                .where(col(Delivery.bridge) == name, col(Delivery.state) == DeliveryState.SENDING)
                .values(state=DeliveryState.UNKNOWN)
            )

        await self._journal.run(work)

    async def sending(self, group: list[Delivery], post: Post) -> bool:
        """They are about to be sent, as this one post; False if they are not to be, or another hub has them."""
        values = {
            "state": DeliveryState.SENDING,
            "updated_at": self._clock.now(),
            "joined_to": post.entry.seq,
        }

        def work(tx: Transaction) -> bool:
            self._term.check(tx)
            waiting = (*_these(group), col(Delivery.state).not_in(FINISHED))
            if self._term.is_shared:
                free = tx.session.exec(
                    select(Delivery.id).where(*waiting).with_for_update(skip_locked=True)
                ).all()
                if len(free) < len(group):
                    return False
            taken = tx.session.exec(update(Delivery).where(*waiting).values(**values))
            return bool(taken.rowcount == len(group))

        return await self._journal.run(work)

    async def sent(self, group: list[Delivery]) -> None:
        """The platform has them."""
        await self._mark(group, DeliveryState.SENT, error=None, attempts=group[0].attempts + 1)

    async def waits(
        self, group: list[Delivery], state: DeliveryState, reason: str, wish: float | None = None
    ) -> None:
        """They did not go through and are to be tried again; ``wish``: after the pause the platform asks for."""
        due = 0 if wish is None else self._clock.now() + int(wish * 1000)
        await self._mark(group, state, error=reason, attempts=group[0].attempts + 1, due_at=due)

    async def failed(self, group: list[Delivery], reason: str, notice: Draft | None) -> None:
        """They are given up; ``notice``, which tells the operators, is written with it or not at all."""
        changes = {"error": reason, "attempts": group[0].attempts + 1}
        await self._mark(group, DeliveryState.FAILED, notice=notice, **changes)

    async def forget_thread(self, group: list[Delivery], post: Post) -> None:
        """The thread is gone, and what of this post was in it."""
        conversation_id, name = post.conversation.id, self._bridge
        entries = [delivery.seq for delivery in group]

        def work(tx: Transaction) -> None:
            self._term.check(tx)
            tx.session.exec(
                delete(Thread).where(
                    col(Thread.conversation_id) == conversation_id, col(Thread.bridge) == name
                )
            )
            tx.session.exec(
                delete(RemoteMessage).where(
                    col(RemoteMessage.conversation_id) == conversation_id,
                    col(RemoteMessage.bridge) == name,
                    col(RemoteMessage.seq).in_(entries),
                )
            )

        await self._journal.run(work)

    async def _mark(
        self, group: list[Delivery], state: DeliveryState, *, notice: Draft | None = None, **changes: object
    ) -> None:
        values = {"state": state.value, "updated_at": self._clock.now(), **changes}

        def work(tx: Transaction) -> None:
            self._term.check(tx)
            marked = tx.session.exec(update(Delivery).where(*_these(group)).values(**values))
            if notice is not None and marked.rowcount:  # none: the conversation was erased meanwhile
                tx.append(notice)

        await self._journal.run(work)


def _these(group: list[Delivery]) -> tuple[ColumnElement[bool], ...]:
    """The condition that finds them. Their conversation, too: SQLite gives the numbers of what was erased to others."""
    return (
        col(Delivery.id).in_([delivery.id for delivery in group]),
        col(Delivery.conversation_id) == group[0].conversation_id,
    )


def former(thread: Thread) -> FormerThread:
    """The same, as one that its conversation has left, or never went to."""
    return FormerThread(
        bridge=thread.bridge,
        chat=thread.chat,
        thread=thread.thread,
        conversation_id=thread.conversation_id,
        last_seen=thread.last_seen,
    )


class Steps:
    """Writes down at once what a bridge has done of a post (``routing.bridge.Progress``).

    What stands on the platform is written down whoever leads by now, or it would be sent again, and nobody would
    hear what is said there. But what the next leader has done comes first, and ``Deposed`` keeps the bridge
    from doing more.
    """

    def __init__(self, journal: Journal, bridge: Bridge, post: Post, term: Term) -> None:
        self._journal = journal
        self._bridge = bridge.name
        self._identity = bridge.identity or ""
        self._post = post
        self._term = term
        self._part = post.parts_done

    def may_call(self) -> None:
        """See ``routing.bridge.Progress.may_call``."""
        if not self._term.is_fresh():
            raise TryLater("it is not certain that this hub still leads")

    async def opened(self, place: Place, message: str | None = None) -> None:
        """A thread for the conversation now exists at ``place``, by its first ``message`` or before any."""
        part = self._next_part() if message is not None else 0

        def work(tx: Transaction) -> bool:
            leads = self._leads(tx)
            if tx.conversation(self._post.conversation.id) is None:
                messages = () if message is None else (message,)
                self._withdraw(tx, Leftover(self._bridge, place.chat, place.thread, messages))
            else:
                self._is_at(tx, place, leads=leads)
                if message is not None:
                    self._shows(tx, place.chat, message, part, leads=leads)
            return leads

        await self._write_down(work)

    async def posted(self, chat: str, message: str) -> None:
        """The next part of the post is on the platform as ``message``."""
        part = self._next_part()

        def work(tx: Transaction) -> bool:
            leads = self._leads(tx)
            if tx.conversation(self._post.conversation.id) is None:
                self._withdraw(tx, Leftover(self._bridge, chat, None, (message,)))
            else:
                self._shows(tx, chat, message, part, leads=leads)
            return leads

        await self._write_down(work)

    def _next_part(self) -> int:
        part, self._part = self._part, self._part + 1
        return part

    async def _write_down(self, work: Callable[[Transaction], bool]) -> None:
        if not await self._journal.run(work):
            raise Deposed

    def _leads(self, tx: Transaction) -> bool:
        try:
            self._term.check(tx)
        except Deposed:
            return False
        return True

    def _is_at(self, tx: Transaction, place: Place, *, leads: bool) -> None:
        """The conversation's thread; of two that were opened the leader's, and the other is not forgotten."""
        new = Thread(
            conversation_id=self._post.conversation.id,
            bridge=self._bridge,
            chat=place.chat,
            thread=place.thread,
            opened_as=self._identity,
        )
        before = tx.session.get(Thread, (new.conversation_id, self._bridge))
        if before is not None and Place(before.chat, before.thread) != place:
            left = former(before if leads else new)
            if tx.session.get(FormerThread, (left.bridge, left.chat, left.thread)) is None:
                tx.session.add(left)
            if not leads:
                return
        tx.session.merge(new)

    def _shows(self, tx: Transaction, chat: str, message: str, part: int, *, leads: bool) -> None:
        """A message shows part of the post; where two show the same, the leader's does, and the other is a copy."""
        known = tx.session.exec(
            select(RemoteMessage.seq).where(
                col(RemoteMessage.bridge) == self._bridge,
                col(RemoteMessage.chat) == chat,
                col(RemoteMessage.message) == message,
            )
        ).all()
        for entry in self._post.entries:
            if entry.seq in known:
                continue
            row = RemoteMessage(
                bridge=self._bridge,
                chat=chat,
                message=message,
                seq=entry.seq,
                conversation_id=self._post.conversation.id,
                part=part,
            )
            if self._term.is_shared:
                same = tx.session.exec(
                    select(RemoteMessage).where(
                        col(RemoteMessage.conversation_id) == row.conversation_id,
                        col(RemoteMessage.seq) == entry.seq,
                        col(RemoteMessage.bridge) == self._bridge,
                        col(RemoteMessage.chat) == chat,
                        col(RemoteMessage.part) == part,
                    )
                ).all()
                for copy in same if leads else [row] if same else []:
                    copy.part += COPY
            tx.session.add(row)

    def _withdraw(self, tx: Transaction, leftover: Leftover) -> None:
        """The conversation was erased while this was being posted: it is to go, too."""
        if not is_letter(leftover.chat) and self._post.conversation.kind != Kind.WITHDRAWAL:
            withdraw(tx, self._post.conversation.department, [leftover])
