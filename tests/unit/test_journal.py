"""The journal: what is acknowledged is written, once, in order, and one change's fault is nobody else's."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError

from models.engine import reader_engine, writer_engine
from models.errors import StorageError, UnknownConversation
from models.journal import Draft, Journal, Record, Transaction, storable
from models.migrate import migrate
from models.store import Store
from models.tables import Author, Conversation, What


class Desk:
    """A journal on a file, with what it told its listeners."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.engine = writer_engine(f"sqlite:///{file}")
        self.journal = Journal(self.engine)
        self.store = Store(reader_engine(f"sqlite:///{file}"))
        self.told: list[list[Record]] = []
        self.commits = 0
        self.journal.on_written(lambda records, _: self.told.append(records))

    def count(self, _connection: object) -> None:
        """One more transaction was committed."""
        self.commits += 1

    async def begin(self, *conversations: str) -> None:
        """Conversations to write to."""

        def work(tx: Transaction) -> None:
            tx.session.add_all([Conversation(id=name) for name in conversations])

        await self.journal.run(work)


@pytest_asyncio.fixture(name="desk")
async def desk_fixture(tmp_path: Path) -> AsyncIterator[Desk]:
    """A journal that runs, with two conversations, ``a`` and ``b``."""

    def prepare() -> Desk:
        made = Desk(tmp_path / "linea.db")
        migrate(made.engine)
        return made

    desk = await asyncio.to_thread(prepare)
    desk.journal.start()
    await desk.begin("a", "b")
    event.listen(desk.engine, "commit", desk.count)
    yield desk
    await desk.journal.stop()
    await desk.store.close()


def message(conversation: str, key: str, text: str = "ciao") -> Draft:
    """A citizen's message."""
    return Draft(conversation, What.MESSAGE, "visitor", key, Author.VISITOR, text)


def fails(_tx: Transaction) -> None:
    """A change that goes wrong after it has written."""
    _tx.append(message("a", "of a failing change"))
    raise ValueError("no")


class TestWriting:
    async def test_numbers_each_conversation_from_one_without_gaps(self, desk: Desk) -> None:
        drafts = [message("ab"[n % 2], str(n)) for n in range(400)]
        written = await asyncio.gather(*(desk.journal.append(draft) for draft in drafts))
        for name, start in (("a", 0), ("b", 1)):
            assert [one.record.seq for one in written[start::2]] == list(range(1, 201))
            entries = await desk.store.entries(name)
            assert [entry.seq for entry in entries] == list(range(1, 201))
            assert [entry.origin_key for entry in entries] == [str(n) for n in range(start, 400, 2)]

    async def test_queues_what_is_to_be_delivered_in_the_order_of_its_entries(self, desk: Desk) -> None:
        drafts = [replace(message("ab"[n % 2], str(n)), deliver_to=("slack", "telegram")) for n in range(300)]
        await desk.journal.run(lambda tx: tx.append_all(drafts))
        for conversation in ("a", "b"):
            for bridge in ("slack", "telegram"):
                waiting = await desk.store.waiting_deliveries(conversation, bridge, 300)
                assert [delivery.seq for delivery in waiting] == list(range(1, 151))

    async def test_commits_together_what_comes_together(self, desk: Desk) -> None:
        await asyncio.gather(*(desk.journal.append(message("a", str(n))) for n in range(200)))
        assert desk.commits < 20

    async def test_acknowledges_what_another_reader_can_already_see(self, desk: Desk) -> None:
        await desk.journal.append(message("a", "1"))

        def read() -> list[tuple[int]]:
            with sqlite3.connect(desk.file) as connection:
                found = connection.execute("SELECT seq FROM entry WHERE conversation_id = 'a'").fetchall()
            connection.close()
            return found

        assert await asyncio.to_thread(read) == [(1,)]

    async def test_of_what_came_before_gives_back_what_was_written_then(self, desk: Desk) -> None:
        first = await desk.journal.append(message("a", "1", "prima"))
        again = await desk.journal.append(message("a", "1", "seconda"))
        assert (first.repeated, again.repeated) == (False, True)
        assert again.record == first.record
        assert [entry.text for entry in await desk.store.entries("a")] == ["prima"]

    async def test_of_one_thing_that_comes_many_times_at_once_is_done_once(self, desk: Desk) -> None:
        many = await asyncio.gather(*(desk.journal.append(message("a", "1")) for _ in range(50)))
        assert sum(not one.repeated for one in many) == 1
        assert {one.record.seq for one in many} == {1}

    async def test_tells_the_listeners_once_in_order_and_after_the_commit(self, desk: Desk) -> None:
        seen: list[int] = []
        desk.journal.on_written(lambda *_: seen.append(desk.commits))
        await asyncio.gather(*(desk.journal.append(message("a", str(n))) for n in range(100)))
        await desk.journal.append(message("a", "0"))
        assert [record.seq for records in desk.told for record in records] == list(range(1, 101))
        assert seen == sorted(seen)
        assert all(commits >= 1 for commits in seen)

    async def test_finishes_what_was_handed_in_before_it_stops(self, tmp_path: Path, desk: Desk) -> None:
        waiting = [asyncio.ensure_future(desk.journal.append(message("a", str(n)))) for n in range(300)]
        await asyncio.sleep(0)
        await desk.journal.stop()
        assert {one.record.seq for one in await asyncio.gather(*waiting)} == set(range(1, 301))


class TestFaults:
    async def test_of_one_change_undo_it_alone(self, desk: Desk) -> None:
        async def wrong() -> str:
            with pytest.raises(ValueError, match="no"):
                await desk.journal.run(fails)
            return "undone"

        jobs = []
        for n in range(60):
            jobs += [wrong(), desk.journal.append(message("a", str(n)))]
        outcomes = await asyncio.gather(*jobs)
        assert outcomes[::2] == ["undone"] * 60
        entries = await desk.store.entries("a")
        assert [entry.seq for entry in entries] == list(range(1, 61))
        assert [entry.origin_key for entry in entries] == [str(n) for n in range(60)]
        assert [record.seq for records in desk.told for record in records] == list(range(1, 61))

    async def test_of_a_change_that_nothing_came_with_leave_nothing(self, desk: Desk) -> None:
        with pytest.raises(ValueError, match="no"):
            await desk.journal.run(fails)
        assert await desk.store.entries("a") == []
        assert desk.told == []
        assert (await desk.journal.append(message("a", "next"))).record.seq == 1

    async def test_of_a_draft_that_no_database_takes_spoil_no_other(self, desk: Desk) -> None:
        bad = Draft("a", What.NOTE, "visitor", "bad", Author.VISITOR, data={"no": object()})
        appends = [desk.journal.append(message("a", str(n))) for n in range(20)]
        appends.insert(10, desk.journal.append(bad))
        outcomes = await asyncio.gather(*appends, return_exceptions=True)
        assert [n for n, one in enumerate(outcomes) if isinstance(one, BaseException)] == [10]
        assert [entry.seq for entry in await desk.store.entries("a")] == list(range(1, 21))
        assert desk.journal.last_failure is None

    async def test_of_a_conversation_that_is_not_there_spoil_no_other(self, desk: Desk) -> None:
        outcomes = await asyncio.gather(
            desk.journal.append(message("a", "1")),
            desk.journal.append(message("erased", "2")),
            desk.journal.append(message("a", "3")),
            return_exceptions=True,
        )
        assert isinstance(outcomes[1], UnknownConversation)
        assert [entry.origin_key for entry in await desk.store.entries("a")] == ["1", "3"]

    async def test_of_two_that_want_the_same_leave_one(self, desk: Desk) -> None:
        def begin(tx: Transaction) -> None:
            tx.session.add(Conversation(id="new", client_key="chat/1"))

        def begin_too(tx: Transaction) -> None:
            tx.session.add(Conversation(id="other", client_key="chat/1"))

        outcomes = await asyncio.gather(
            desk.journal.run(begin), desk.journal.run(begin_too), return_exceptions=True
        )
        assert outcomes[0] is None
        assert isinstance(outcomes[1], IntegrityError)

    async def test_of_the_disk_are_told_and_pass(self, desk: Desk) -> None:
        """The disk is full, and then it is not."""
        await desk.journal.append(message("a", "before"))
        await desk.journal.run(lambda tx: _set(tx, "max_page_count", 1))  # as many as there are
        with pytest.raises(StorageError, match="full"):
            await fill(desk)
        assert desk.journal.last_failure is not None
        with pytest.raises(StorageError, match="full"):
            await desk.journal.run(lambda tx: tx.append(message("a", "alone", "x" * 20_000)))
        await desk.journal.run(lambda tx: _set(tx, "max_page_count", 1_000_000))
        after = await desk.journal.append(message("a", "after"))
        assert desk.journal.last_failure is None
        entries = await desk.store.entries("a")
        assert [entry.seq for entry in entries] == list(range(1, after.record.seq + 1))


def _set(tx: Transaction, name: str, value: int) -> int:
    """Set one of SQLite's limits on the writer's own connection."""
    found: int = tx.session.connection().exec_driver_sql(f"PRAGMA {name}={value}").scalar_one()
    return found


async def fill(desk: Desk) -> None:
    """Write until the disk is full."""
    for n in range(1000):
        await desk.journal.append(message("a", f"big/{n}", "x" * 4000))


def test_what_no_database_stores_is_shown_as_missing() -> None:
    assert storable("a\x00b\ud800c") == "a\ufffdb\ufffdc"
    assert storable("perché 😀\n\t") == "perché 😀\n\t"
