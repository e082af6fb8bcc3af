"""A heading is made from the turns of a conversation, and says the same as if all of it had been read."""

import asyncio
import itertools
from collections.abc import Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from models.engine import reader_engine, writer_engine
from models.journal import Draft, Journal, Record, Transaction
from models.store import Store
from models.tables import Author, Conversation, State, What
from routing.bridge import ConversationInfo
from routing.glance import NOBODY_YET, Glance, glance
from running.parts import open_database

STEPS = {
    "asks": (What.MESSAGE, Author.VISITOR),
    "sends a file": (What.FILE, Author.VISITOR),
    "rates": (What.RATING, Author.VISITOR),
    "answers": (What.MESSAGE, Author.OPERATOR),
    "answers with a file": (What.FILE, Author.OPERATOR),
    "notes": (What.NOTE, Author.OPERATOR),
    "passes on": (What.PASSED, Author.OPERATOR),
    "is reminded": (What.ANSWER, Author.SYSTEM),
}
STORIES = list(itertools.product(STEPS, repeat=3))
CITIZENS_OWN = {"asks", "sends a file"}
MINUTE = 60_000


def drafts(conversation: str, story: Sequence[str]) -> list[Draft]:
    """What happens in the story."""
    written = []
    for number, step in enumerate(story):
        kind, author = STEPS[step]
        key = f"{conversation}{NOBODY_YET if step == 'is reminded' else '/'}{number}"
        written.append(Draft(conversation, kind, "test", key, author, step, name="Anna"))
    return written


def seen(entries: Sequence[Record]) -> Glance:
    """What stands over a conversation that Anna has."""
    row = Conversation(id="c", state=State.ACTIVE, taken_by="Anna", created_at=0)
    return glance(ConversationInfo.of(row), entries, "it", ZoneInfo("Europe/Rome"))


@pytest.fixture
def store_and_journal(tmp_path: Path) -> tuple[Store, Journal]:
    """Of a database of its own, in which each entry is a minute younger than the last."""
    url = f"sqlite:///{tmp_path}/linea.db"
    open_database(url)
    minutes = itertools.count(1)
    return Store(reader_engine(url)), Journal(writer_engine(url), now=lambda: next(minutes) * MINUTE)


def test_turns_say_the_same_as_the_whole_conversation(store_and_journal: tuple[Store, Journal]) -> None:
    store, journal = store_and_journal

    async def compare() -> None:
        journal.start()
        names = [f"c{number}" for number in range(len(STORIES))]

        def begin(tx: Transaction) -> None:
            tx.session.add_all([Conversation(id=name) for name in names])

        await journal.run(begin)
        for name, story in zip(names, STORIES, strict=True):
            await journal.run(lambda tx, n=name, s=story: [tx.append(draft) for draft in drafts(n, s)])
        for name, story in zip(names, STORIES, strict=True):
            whole, turns = await store.entries(name), await store.turns(name)
            assert seen(turns) == seen(whole), story
            own = [entry for entry in turns if entry.text in CITIZENS_OWN]
            assert len(own) <= 1, story
        await journal.stop()
        await store.close()

    asyncio.run(compare())


def test_of_what_a_citizen_said_the_newest_is_looked_at(store_and_journal: tuple[Store, Journal]) -> None:
    store, journal = store_and_journal

    async def ask() -> list[int]:
        journal.start()
        await journal.run(lambda tx: tx.session.add(Conversation(id="c")))
        await journal.run(
            lambda tx: [
                tx.append(draft) for draft in drafts("c", ["asks", "answers", "asks", "rates", "asks"])
            ]
        )
        said = await store.last_said("c", 2)
        await journal.stop()
        await store.close()
        return [entry.seq for entry in said]

    assert asyncio.run(ask()) == [3, 5]
