"""Who has what: which of a citizen's messages the operators have, told to the citizen's page truthfully."""

from collections import OrderedDict
from collections.abc import Callable, Iterable

from models.journal import Record
from models.store import Store
from models.tables import Author, DeliveryState, What
from routing.bridge import Post
from routing.bus import Message
from routing.fanout import Live

_REMEMBERED = 20_000
_WRITTEN = (What.MESSAGE, What.FILE)


class Receipts:
    """A message is *delivered* once one platform has it, or an operator's desk showed it, or one answered it.

    It is *undeliverable* when every platform refused it for good, and no desk showed it.
    """

    def __init__(
        self, store: Store, tell: Callable[[str, Live], None], to_others: Callable[[Message], None]
    ) -> None:
        """``tell`` tells a conversation's open pages, wherever they are; ``to_others`` tells the other hubs."""
        self._store = store
        self._publish = tell
        self._to_others = to_others
        self._at_desk: OrderedDict[str, int] = OrderedDict()

    async def settled(self, post: Post, sent: bool) -> None:
        """A post is on a platform (``sent``), or was given up there."""
        conversation_id = post.conversation.id
        seqs = _of_citizen(post.entries)
        if seqs and not sent:
            _, hopeless = await self.of(conversation_id)
            seqs = [seq for seq in seqs if seq in hopeless]
        self._tell(conversation_id, seqs, delivered=sent)

    def shown_at_desk(self, records: Iterable[Record]) -> None:
        """An operator's desk shows these entries of one conversation."""
        fresh = [record for record in records if record.seq > self._at_desk.get(record.conversation_id, 0)]
        if not fresh:
            return
        conversation_id, seq = fresh[0].conversation_id, max(record.seq for record in fresh)
        self.were_shown(conversation_id, seq)
        self._to_others({"kind": "shown", "conversation": conversation_id, "seq": seq})
        self._tell(conversation_id, _of_citizen(fresh), delivered=True)

    def were_shown(self, conversation_id: str, seq: int) -> None:
        """A desk, here or at another hub, has shown all up to ``seq``."""
        self._at_desk[conversation_id] = max(seq, self._at_desk.get(conversation_id, 0))
        self._at_desk.move_to_end(conversation_id)
        while len(self._at_desk) > _REMEMBERED:
            self._at_desk.popitem(last=False)

    async def of(self, conversation_id: str) -> tuple[list[int], list[int]]:
        """The citizen's messages that were delivered, and those that never will be."""
        states = await self._store.delivery_states(conversation_id)
        known = max(self._at_desk.get(conversation_id, 0), await self._store.last_answer(conversation_id))
        delivered = [seq for seq, reached in states.items() if seq <= known or DeliveryState.SENT in reached]
        hopeless = [
            seq
            for seq, reached in states.items()
            if seq > known and reached and reached <= {DeliveryState.FAILED}
        ]
        return delivered, hopeless

    def _tell(self, conversation_id: str, seqs: list[int], *, delivered: bool) -> None:
        if seqs:
            name = "delivered" if delivered else "undeliverable"
            self._publish(conversation_id, Live(name, {"seqs": seqs}))


def _of_citizen(records: Iterable[Record]) -> list[int]:
    return [record.seq for record in records if record.author == Author.VISITOR and record.kind in _WRITTEN]
