"""Reactions: a 👍 that an operator puts on a citizen's message, for the citizen and on the other platforms."""

from sqlmodel import col, select

from models.journal import Draft, Transaction
from models.tables import Author, Entry, Kind, What
from routing.gestures import Gestures
from routing.inbound import Arrival

SHOWN = ("👍", "❤", "🙏", "👏", "👌", "🤝", "🎉", "💯")
"""Those that say the same to everybody. All others (👀, 🤔…) are among colleagues, and stay where they are."""


class Reactions(Gestures):
    """What the citizen sees is what at least one operator has put there, the latest last."""

    async def operator_reacted(
        self, arrival: Arrival, added: tuple[str, ...] = (), removed: tuple[str, ...] = ()
    ) -> None:
        """An operator put emoji on a message (``arrival.message``), or took them away.

        In a careful department nothing is passed on: a reaction bears no sign that it is meant for the citizen.
        """
        added, removed = _shown(added), _shown(removed)
        found = await self.store.remote_message(arrival.bridge, arrival.chat, arrival.message or "")
        if found is None or not (added or removed):
            return
        info = await self.conversation(found.conversation_id)
        entry = await self.store.entry(found.conversation_id, found.seq)
        if info is None or entry is None or info.kind != Kind.CHAT or self.is_careful(info.department):
            return
        if entry.author != Author.VISITOR or entry.kind not in (What.MESSAGE, What.FILE):
            return
        by = f"{arrival.bridge}:{arrival.operator.id}"
        draft = Draft(
            info.id, What.REACTION, arrival.bridge, arrival.key, Author.OPERATOR, "".join(added),
            arrival.operator.name, target=entry.seq, data={"by": by},
        )  # fmt: skip

        def work(tx: Transaction) -> tuple[list[str], list[str]]:
            had, given = _present(tx, info.id, entry.seq)
            mine = [emoji for emoji in given.get(by, []) if emoji not in removed]
            given[by] = mine + [emoji for emoji in added if emoji not in mine]
            has = [emoji for emoji in had if any(emoji in each for each in given.values())]
            has += [emoji for emoji in given[by] if emoji not in has]
            draft.data.update(given=given[by], shown=has)
            return (had, has) if not tx.append(draft).repeated else (had, had)

        had, has = await self.journal.run(work)
        now, before = has[-1:], had[-1:]  # a bot of Telegram has one reaction to give
        if now == before:
            return
        for name in self.destinations(info.department, without=arrival.bridge):
            for message in (await self.store.remote_messages(info.id, entry.seq, name))[:1]:
                place = (message.chat, message.message)
                self.signs.mirror(name, *place, "".join(now), "".join(before) or None)


def _shown(emoji: tuple[str, ...]) -> tuple[str, ...]:
    """Those that are passed on, without what only says in which style they are drawn."""
    plain = (one.rstrip("\N{VARIATION SELECTOR-16}") for one in emoji)
    return tuple(one for one in plain if one in SHOWN)


def _present(tx: Transaction, conversation_id: str, target: int) -> tuple[list[str], dict[str, list[str]]]:
    """What is shown on a message, and what each operator has put there."""
    rows = tx.session.exec(
        select(Entry)
        .where(
            col(Entry.conversation_id) == conversation_id,
            col(Entry.kind) == What.REACTION,
            col(Entry.target) == target,
        )
        .order_by(col(Entry.seq))
    ).all()
    given = {str(row.data["by"]): list(row.data["given"]) for row in rows}
    return (list(rows[-1].data["shown"]) if rows else []), given
