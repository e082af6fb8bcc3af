"""No question to the record reads its whole history: each uses an index on what it asks for."""

import asyncio
import sqlite3
from collections.abc import Callable, Coroutine
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from models.engine import reader_engine, writer_engine
from models.journal import Draft, Journal, Record
from models.store import Store
from models.tables import Author, Conversation, Kind, State, What
from models.term import Forever
from routing.bridge import ConversationInfo, Post
from routing.clock import Clock
from routing.ledger import Ledger
from running.parts import open_database

ALIVE = [State.WAITING, State.ACTIVE]
TABLES = (
    "conversation",
    "entry",
    "thread",
    "former_thread",
    "remote_message",
    "delivery",
    "callback",
    "file",
)
QUESTIONS: dict[str, Callable[[Store], Coroutine[Any, Any, object]]] = {
    "conversation": lambda store: store.conversation("c"),
    "by client key": lambda store: store.conversation_by_client_key("chat/c"),
    "alive": lambda store: store.conversations(kinds=[Kind.CHAT], states=ALIVE),
    "closed": lambda store: store.conversations(kinds=[Kind.CHAT], states=[State.CLOSED], limit=50),
    "entries": lambda store: store.entries("c", after=3),
    "turns": lambda store: store.turns("c"),
    "last said": lambda store: store.last_said("c", 10),
    "entry": lambda store: store.entry("c", 3),
    "entry by key": lambda store: store.entry_by_key("visitor", "c/1"),
    "last entries": lambda store: store.last_entries(["c", "d"]),
    "unanswered": lambda store: store.unanswered(1),
    "in line": lambda store: store.in_line(1, 200),
    "first answers": lambda store: store.first_answers("Tributi", 1, 50),
    "older than": lambda store: store.older_than(Kind.CHAT, 1),
    "earlier": lambda store: store.earlier("m", 9, 4),
    "beginnings": lambda store: store.beginnings(1, 2),
    "said between": lambda store: store.said_between(What.RATING, 1, 2),
    "thread": lambda store: store.thread("c", "slack"),
    "thread at": lambda store: store.thread_at("slack", "C1", "1.2"),
    "open threads": lambda store: store.open_threads("slack"),
    "former thread at": lambda store: store.former_thread_at("slack", "C1", "1.2"),
    "former threads": lambda store: store.former_threads("c", "slack"),
    "left threads": lambda store: store.left_threads("slack"),
    "placed": lambda store: store.placed("slack", 500),
    "remote messages": lambda store: store.remote_messages("c", 1, "slack"),
    "remote message": lambda store: store.remote_message("slack", "C1", "1.2"),
    "next deliveries": lambda store: store.next_deliveries("slack"),
    "waiting deliveries": lambda store: store.waiting_deliveries("c", "slack"),
    "delivery states": lambda store: store.delivery_states("c"),
    "last answer": lambda store: store.last_answer("c"),
    "unread": lambda store: store.unread("c"),
    "delivery counts": lambda store: store.delivery_counts(),
    "callback": lambda store: store.callback("KT-4071"),
    "callback of": lambda store: store.callback_of("c"),
    "file": lambda store: store.file("c", 1),
}


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """An empty database in this version's shape."""
    path = tmp_path / "linea.db"
    open_database(f"sqlite:///{path}")
    return path


def asked_of(engine: Engine) -> list[tuple[str, Any]]:
    """What it asks from now on: the statements, with their values."""
    asked: list[tuple[str, Any]] = []

    @event.listens_for(engine, "before_cursor_execute")
    def note(_c: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        asked.append((statement, parameters))

    return asked


def plan(database: Path, statement: str, parameters: Any) -> list[str]:
    """The steps that SQLite takes."""
    with closing(sqlite3.connect(database)) as connection:
        return [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)]


def scans(steps: list[str]) -> list[str]:
    """Those that read a whole table."""
    return [step for step in steps if step.startswith("SCAN") and step.split()[1] in TABLES]


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_uses_an_index(question: str, database: Path) -> None:
    engine = reader_engine(f"sqlite:///{database}")
    asked = asked_of(engine.sync_engine)

    async def ask() -> None:
        store = Store(engine)
        await QUESTIONS[question](store)
        await store.close()

    asyncio.run(ask())
    [(statement, parameters)] = [(s, p) for s, p in asked if s.startswith("SELECT")]
    steps = plan(database, statement, parameters)
    assert not scans(steps), steps
    if question == "next deliveries":
        assert any("delivery_by_state (state=? AND bridge=?" in step for step in steps), steps
    if question in ("unanswered", "first answers", "beginnings", "last answer", "turns"):
        assert any("entry_by_operators" in step for step in steps), steps
        assert "author = 'operator'" in statement  # not a value: PostgreSQL plans for any value in the end
    if question == "closed":  # put in order only within an hour (the words are of SQLite's versions)
        sorts = [step for step in steps if "TEMP B-TREE" in step]
        assert all("LAST TERM" in step or "RIGHT PART" in step for step in sorts), steps


def test_writing_many_messages_at_once_reads_no_whole_table(database: Path) -> None:
    engine = writer_engine(f"sqlite:///{database}")
    asked = asked_of(engine)

    async def write() -> None:
        journal = Journal(engine)
        journal.start()
        await journal.run(lambda tx: tx.session.add_all([Conversation(id="a"), Conversation(id="b")]))
        asked.clear()
        drafts = [
            Draft("ab"[n % 2], What.MESSAGE, "visitor", str(n), Author.VISITOR, deliver_to=("slack",))
            for n in range(30)
        ]
        await asyncio.gather(*(journal.append(draft) for draft in drafts))
        await journal.stop()

    asyncio.run(write())
    looked = [(s, p) for s, p in asked if s.startswith(("SELECT", "UPDATE"))]
    assert {s.split()[0] for s, _ in looked} == {"SELECT", "UPDATE"}
    for statement, parameters in looked:
        steps = plan(database, statement, parameters)
        assert not scans(steps), (statement, steps)


def test_marking_what_is_sent_reads_nothing_of_what_waits(database: Path) -> None:
    engine = writer_engine(f"sqlite:///{database}")
    asked = asked_of(engine)

    store = Store(reader_engine(f"sqlite:///{database}"))

    async def send() -> None:
        journal = Journal(engine)
        journal.start()
        await journal.run(lambda tx: tx.session.add(Conversation(id="a")))
        drafts = [
            Draft("a", What.MESSAGE, "visitor", str(n), Author.VISITOR, deliver_to=("slack",))
            for n in range(40)
        ]
        records: list[Record] = [(await journal.append(draft)).record for draft in drafts]
        row = await store.conversation("a")
        assert row is not None
        post = Post("a.1", ConversationInfo.of(row), tuple(records), "C1", None)
        waiting = await store.waiting_deliveries("a", "slack")
        asked.clear()
        ledger = Ledger("slack", journal, Clock(), Forever())
        assert await ledger.sending(waiting, post)
        await ledger.sent(waiting)
        await journal.stop()
        await store.close()

    asyncio.run(send())
    updates = [(statement, parameters) for statement, parameters in asked if "UPDATE delivery" in statement]
    assert len(updates) == 2
    for statement, parameters in updates:
        steps = plan(database, statement, parameters)
        assert all("INTEGER PRIMARY KEY" in step for step in steps), (statement, steps)
