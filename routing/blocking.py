"""Who may not write for a while: a conversation that an operator blocked, and the address it came from.

No address is stored. What is kept is its mark, a hash that is salted with the hub's secret key: it tells whether an
address is the same again, and leads back to none.
"""

import hashlib
import hmac
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlmodel import col, delete

from models.journal import Draft, Transaction
from models.tables import Author, Block, Conversation, What
from routing.bridge import ConversationInfo
from routing.changes import HUB
from routing.core import Core
from routing.errors import NotAllowed
from routing.inbound import Arrival
from routing.texts import say

BLOCKED_FOR = timedelta(hours=24)
"""How long ``block`` lasts where the operator does not say: an address may be a whole library's."""
LENGTHS = ("1h", "24h", "7d")
"""How long a block may last that is put with a button, in the words that ``block`` takes."""


class Blocking(Core):
    """Blocks with an end, kept in the record and in memory."""

    async def load_blocks(self) -> None:
        """Know again, after a start, which addresses are blocked."""
        self._blocked = {block.mark: block.until for block in await self.store.blocks(self._at())}

    def mark_of(self, address: str) -> str:
        """What stands for a network address in the record."""
        return hmac.new(self._secret, f"address {address}".encode(), hashlib.sha256).hexdigest()

    def mark_of_browser(self, browser: str) -> str:
        """What stands for a browser's own key in the record."""
        return hmac.new(self._secret, f"browser {browser}".encode(), hashlib.sha256).hexdigest()

    def refuse_blocked(self, address: str) -> None:
        """Refuse what comes from a blocked address; asked for each message, and nearly always there is no block.

        Raises
        ------
        NotAllowed
            If it is blocked now.
        """
        if not self._blocked:
            return
        until = self._blocked.get(self.mark_of(address))
        if until is not None and until > self._at():
            raise NotAllowed(_moment(until))

    def _refuse_if_blocked(self, info: ConversationInfo) -> None:
        if self.is_blocked(info):
            raise NotAllowed(_moment(info.blocked_until))

    async def block(self, arrival: Arrival, info: ConversationInfo, end: datetime, words: str) -> None:
        """Take nothing from this citizen until ``end``; ``words`` say when that is, for operators."""
        until = int(end.timestamp() * 1000)

        def change(tx: Transaction, row: Conversation) -> None:
            row.blocked, row.blocked_until = True, until
            tx.session.exec(delete(Block).where(col(Block.until) <= self._at()))
            if row.address_mark:
                tx.session.merge(Block(mark=row.address_mark, until=until, by=arrival.operator.name))

        mark = await self._set(arrival, info, What.BLOCKED, change, {"until": words})
        if mark:
            self._blocked[mark] = until

    async def unblock(self, arrival: Arrival, info: ConversationInfo) -> None:
        """Let this citizen write again, from whichever conversation."""

        def change(tx: Transaction, row: Conversation) -> None:
            row.blocked, row.blocked_until = False, None
            tx.session.exec(delete(Block).where(col(Block.mark) == row.address_mark))

        mark = await self._set(arrival, info, What.UNBLOCKED, change, {})
        if mark:
            self._blocked.pop(mark, None)

    async def _set(
        self,
        arrival: Arrival,
        info: ConversationInfo,
        kind: What,
        change: Callable[[Transaction, Conversation], None],
        data: dict[str, object],
    ) -> str | None:
        """Change the row and write the entry that says so, once; the address's mark, if it was done now."""
        draft = Draft(
            info.id, kind, arrival.bridge, arrival.key, Author.OPERATOR, "", arrival.operator.name,
            data=data, deliver_to=self.destinations(info.department),
        )  # fmt: skip

        def work(tx: Transaction) -> tuple[Conversation | None, bool]:
            row = tx.conversation(info.id)
            if row is None or tx.find(draft) is not None:
                return row, False
            tx.append(draft)
            change(tx, row)
            return row, True

        row, done = await self.journal.run(work)
        if row is None:
            return None
        self.remember(row)
        return row.address_mark if done else None

    async def tell_of_flood(self, info: ConversationInfo) -> None:
        """Say once in the thread that the citizen writes faster than is allowed, and what can be done."""
        rate = self.settings.limits.per_conversation
        if rate is None:
            return
        key = f"{info.id}/flood"
        if await self.store.entry_by_key(HUB, key) is None:
            text = say(self.operators_language, "flood", count=rate.count, seconds=rate.seconds)
            await self.journal.append(
                Draft(
                    info.id, What.ANSWER, HUB, key, Author.SYSTEM, text,
                    deliver_to=self.destinations(info.department),
                )
            )  # fmt: skip


def _moment(until: int | None) -> datetime | None:
    return None if until is None else datetime.fromtimestamp(until / 1000, UTC)
