"""Several hubs write into one PostgreSQL at once: one order, no gaps, nothing twice, nobody locked out."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import pytest_asyncio

from models.engine import reader_engine, writer_engine
from models.errors import StorageError
from models.journal import Appended, Draft, Journal, Transaction
from models.migrate import migrate
from models.store import Store
from models.tables import Author, Conversation, State, What
from tests.postgres import PostgreSQL, postgresql

HUBS = 3
MESSAGES = 60
FITS_ONE_PAGE = 20
"""Versions of a conversation's row that have room in one page of PostgreSQL's: no need to clear it meanwhile."""
UPDATES = "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'conversation'"
FEW = 8
"""Rounds of a test in which PostgreSQL waits a second before it looks for a deadlock."""


@pytest.fixture(scope="module", name="server")
def server_fixture() -> Iterator[PostgreSQL]:
    """A PostgreSQL of these tests' own."""
    with postgresql() as server:
        yield server


@pytest_asyncio.fixture(name="journals")
async def journals_fixture(server: PostgreSQL, tmp_path: Path) -> AsyncIterator[list[Journal]]:
    """The journals of several hubs on one database."""
    url = server.database_for(tmp_path)

    def prepare() -> list[Journal]:
        engine = writer_engine(url)
        migrate(engine)
        engine.dispose()
        return [Journal(writer_engine(url)) for _ in range(HUBS)]

    journals = await asyncio.to_thread(prepare)
    for journal in journals:
        journal.start()
    yield journals
    for journal in journals:
        await journal.stop()


@pytest_asyncio.fixture(name="store")
async def store_fixture(server: PostgreSQL, tmp_path: Path) -> AsyncIterator[Store]:
    """What a further hub reads."""
    store = Store(reader_engine(server.database_for(tmp_path)))
    yield store
    await store.close()


async def begin(journal: Journal, *ids: str) -> None:
    """Start conversations."""

    def work(tx: Transaction) -> None:
        tx.session.add_all([Conversation(id=conversation) for conversation in ids])

    await journal.run(work)


def message(conversation: str, key: str) -> Draft:
    """A citizen's message."""
    return Draft(conversation, What.MESSAGE, "visitor", f"{conversation}/{key}", Author.VISITOR, key)


async def test_messages_of_one_conversation_through_all_hubs_have_one_order_without_gaps(
    journals: list[Journal], store: Store
) -> None:
    await begin(journals[0], "c")
    written = await asyncio.gather(
        *(journals[n % HUBS].append(message("c", str(n))) for n in range(MESSAGES * HUBS))
    )
    entries = await store.entries("c")
    assert [entry.seq for entry in entries] == list(range(1, MESSAGES * HUBS + 1))
    assert {a.record.text: a.record.seq for a in written} == {e.text: e.seq for e in entries}


async def test_a_message_sent_to_all_hubs_at_once_is_written_once(
    journals: list[Journal], store: Store
) -> None:
    await begin(journals[0], "c")

    async def everywhere(key: str) -> list[Appended]:
        return list(await asyncio.gather(*(journal.append(message("c", key)) for journal in journals)))

    outcomes = await asyncio.gather(*(everywhere(str(n)) for n in range(MESSAGES)))
    for appended in outcomes:
        assert len({one.record.seq for one in appended}) == 1
        assert sorted(one.repeated for one in appended) == [False] + [True] * (HUBS - 1)
    assert [entry.seq for entry in await store.entries("c")] == list(range(1, MESSAGES + 1))


async def test_a_change_made_at_all_hubs_at_once_is_made_once(journals: list[Journal], store: Store) -> None:
    await begin(journals[0], "c")
    made = await asyncio.gather(
        *(
            journal.run(lambda tx, key=str(n): tx.append(message("c", key)).repeated)
            for n in range(MESSAGES)
            for journal in journals
        )
    )
    assert made.count(False) == MESSAGES
    assert [entry.seq for entry in await store.entries("c")] == list(range(1, MESSAGES + 1))


async def test_hubs_that_write_the_same_conversations_in_other_orders_do_not_lock_each_other_out(
    journals: list[Journal], store: Store
) -> None:
    ids = [f"c{n}" for n in range(8)]
    await begin(journals[0], *ids)

    def both(first: str, second: str, key: str) -> Callable[[Transaction], None]:
        def work(tx: Transaction) -> None:
            tx.append(message(first, key))
            tx.append(message(second, key))

        return work

    changes = []
    for n in range(FEW):
        for number, journal in enumerate(journals):
            order = ids if (n + number) % 2 else ids[::-1]
            changes.append(journal.run(both(order[n % 8], order[(n + 3) % 8], f"{n}/{number}")))
    await asyncio.gather(*changes)
    for conversation in ids:
        entries = await store.entries(conversation)
        assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
    assert sum([len(await store.entries(i)) for i in ids]) == FEW * HUBS * 2


async def test_a_message_changes_no_index_of_its_conversation(
    journals: list[Journal], server: PostgreSQL, tmp_path: Path
) -> None:
    await begin(journals[0], "c")
    for n in range(FITS_ONE_PAGE):
        await journals[0].append(message("c", str(n)))
    await journals[0].stop()  # its session tells what it did at its end

    def updates() -> tuple[int, int]:
        """All of the table, and those that touched no index."""
        with psycopg.connect(server.database_for(tmp_path), autocommit=True) as connection:
            for _ in range(600):
                found = connection.execute(UPDATES).fetchone()
                if found is not None and found[0] == FITS_ONE_PAGE:
                    return int(found[0]), int(found[1])
                connection.execute("SELECT pg_sleep(0.05)")
        raise TimeoutError(f"the session never told of its changes: {found}")

    assert await asyncio.to_thread(updates) == (FITS_ONE_PAGE, FITS_ONE_PAGE)


ODD = [
    "",
    "'",
    '"',
    "\\",
    '\\"',
    "{}",
    "{a,b}",
    ",",
    "NULL",
    "null",
    "[1]",
    "%s",
    "$1",
    "\n\t\x01",
    "è 🙂",
    "\u2028",
    "\\u0000",
]
"""What a statement's text, an array or JSON could take for its own."""


async def test_whatever_is_written_is_read_as_it_was(journals: list[Journal], store: Store) -> None:
    await begin(journals[0], "c")
    drafts = [
        Draft(
            "c", What.MESSAGE, "visitor", f"{n} {odd}", Author.VISITOR, odd, name=None if n % 2 else odd,
            target=n or None, data={odd: [odd, None, n, "\0", "\ud800"]}, deliver_to=(odd[:16], "slack"),
        )
        for n, odd in enumerate(ODD)
    ]  # fmt: skip
    written = await journals[0].run(lambda tx: tx.append_all(drafts))
    assert [one.record.seq for one in written if isinstance(one, Appended)] == list(range(1, len(ODD) + 1))
    entries = await store.entries("c")
    for entry, draft in zip(entries, drafts, strict=True):
        assert entry.origin_key == draft.origin_key
        assert (entry.text, entry.name, entry.target) == (draft.text, draft.name, draft.target)
        assert entry.data == draft.data
    waiting = await store.waiting_deliveries("c", "slack")
    assert [one.seq for one in waiting] == list(range(1, len(ODD) + 1))
    again = await journals[0].run(lambda tx: tx.append_all(drafts))
    assert all(isinstance(one, Appended) and one.repeated for one in again)


async def test_what_postgresql_was_told_a_few_times_it_has_prepared(
    server: PostgreSQL, tmp_path: Path
) -> None:
    engine = writer_engine(server.database_for(tmp_path))
    await asyncio.to_thread(migrate, engine)
    engine.dispose()  # and with it what that connection has prepared
    journal = Journal(engine)
    journal.start()
    await begin(journal, *(f"c{n}" for n in range(9)))
    for count in range(1, 10):
        drafts = [
            Draft(f"c{n}", What.MESSAGE, "visitor", f"{count}/{n}", Author.VISITOR, deliver_to=("slack",))
            for n in range(count)
        ]
        await journal.run(lambda tx, drafts=drafts: tx.append_all(drafts))

    def prepared(tx: Transaction) -> list[str]:
        found = tx.session.connection().exec_driver_sql("SELECT statement FROM pg_prepared_statements")
        return sorted(row[0].split()[0] for row in found if "INTO conversation" not in row[0])

    assert await journal.run(prepared) == ["SELECT", "UPDATE", "WITH"]
    await journal.stop()


async def test_writing_goes_on_after_the_database_was_restarted(
    server: PostgreSQL, journals: list[Journal], store: Store
) -> None:
    await begin(journals[0], "c")
    await journals[0].append(message("c", "before"))
    await store.entries("c")
    await asyncio.to_thread(server.stop)
    with pytest.raises(StorageError):
        await journals[0].append(message("c", "while it was away"))
    with pytest.raises(StorageError):
        await store.entries("c")
    await asyncio.to_thread(server.start)
    for journal in journals:
        assert not (await journal.append(message("c", f"after {journals.index(journal)}"))).repeated
    assert [entry.seq for entry in await store.entries("c")] == [1, 2, 3, 4]


async def test_what_two_hubs_change_of_one_conversation_at_once_is_changed_one_after_the_other(
    journals: list[Journal], store: Store
) -> None:
    await begin(journals[0], "c")

    def counts(tx: Transaction) -> None:
        row = tx.conversation("c")
        assert row is not None
        row.name = str(int(row.name or 0) + 1)

    for _ in range(FEW):
        await asyncio.gather(*(journal.run(counts) for journal in journals))
    row = await store.conversation("c")
    assert row is not None
    assert row.name == str(FEW * HUBS)


async def test_a_message_through_one_hub_knows_that_another_has_closed_the_conversation(
    journals: list[Journal],
) -> None:
    await begin(journals[0], "c")

    def closes(tx: Transaction) -> None:
        row = tx.conversation("c")
        assert row is not None
        row.state = State.CLOSED

    assert not (await journals[0].append(message("c", "before"))).after_close
    await journals[1].run(closes)
    assert (await journals[0].append(message("c", "after"))).after_close
