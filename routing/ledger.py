"""Writes down how far deliveries are, each step durably before the next is taken."""

from sqlalchemy import ColumnElement
from sqlmodel import col, delete, select, update

from models.journal import Draft, Journal, Transaction
from models.tables import UNFINISHED, Delivery, DeliveryState, Kind, RemoteMessage, Thread
from models.term import Term
from routing.bridge import Bridge, Place, Post
from routing.clock import Clock
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
            waiting = (*_these(group), col(Delivery.state).in_(UNFINISHED))
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


class Steps:
    """Writes down at once what a bridge has done of a post (``routing.bridge.Progress``)."""

    def __init__(self, journal: Journal, bridge: Bridge, post: Post) -> None:
        self._journal = journal
        self._bridge = bridge.name
        self._identity = bridge.identity or ""
        self._post = post
        self._part = post.parts_done

    async def opened(self, place: Place) -> None:
        """A thread for the conversation now exists at ``place``."""
        conversation_id = self._post.conversation.id
        row = Thread(
            conversation_id=conversation_id,
            bridge=self._bridge,
            chat=place.chat,
            thread=place.thread,
            opened_as=self._identity,
        )

        def work(tx: Transaction) -> None:
            if tx.conversation(conversation_id) is not None:
                tx.session.merge(row)
            else:
                self._withdraw(tx, Leftover(self._bridge, place.chat, place.thread, ()))

        await self._journal.run(work)

    async def posted(self, chat: str, message: str) -> None:
        """The next part of the post is on the platform as ``message``."""
        part, self._part = self._part, self._part + 1
        bridge, post = self._bridge, self._post

        def work(tx: Transaction) -> None:
            if tx.conversation(post.conversation.id) is None:
                self._withdraw(tx, Leftover(bridge, chat, None, (message,)))
                return
            for entry in post.entries:
                key = (bridge, chat, message, entry.seq)
                if tx.session.get(RemoteMessage, key) is None:
                    tx.session.add(
                        RemoteMessage(
                            bridge=bridge,
                            chat=chat,
                            message=message,
                            seq=entry.seq,
                            conversation_id=post.conversation.id,
                            part=part,
                        )
                    )

        await self._journal.run(work)

    def _withdraw(self, tx: Transaction, leftover: Leftover) -> None:
        """The conversation was erased while this was being posted: it is to go, too."""
        if not is_letter(leftover.chat) and self._post.conversation.kind != Kind.WITHDRAWAL:
            withdraw(tx, self._post.conversation.department, [leftover])
