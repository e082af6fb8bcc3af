"""The statements that append entries, whose texts are made once, not for each batch.

SQLAlchemy turns a statement about many rows into text anew each time, and takes as long for that as the database for
its own work, with the interpreter's lock in hand.
"""

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple, Protocol

from sqlalchemy import Connection, Dialect, Table, bindparam, insert, select, update
from sqlalchemy.sql.elements import ClauseElement

from models.tables import Conversation, Delivery, Entry

_ENTRIES: Table = Entry.__table__  # type: ignore[attr-defined]
_CONVERSATIONS: Table = Conversation.__table__  # type: ignore[attr-defined]
_DELIVERIES: Table = Delivery.__table__  # type: ignore[attr-defined]

ENTRY = (
    "conversation_id", "seq", "kind", "origin", "origin_key", "author", "name", "text", "target", "data", "created_at",
)  # fmt: skip
"""What is written of an entry, in this order; the database numbers the rows."""
DELIVERY = (
    "conversation_id", "seq", "bridge", "state", "attempts", "due_at", "created_at", "updated_at",
)  # fmt: skip
"""What is written of a delivery, in this order; its entry, which the database has numbered, is looked up."""


class Reached(NamedTuple):
    """A conversation to which entries are about to be added."""

    id: str
    last_seq: int
    """``seq`` of the newest entry that is there."""
    state: str


_LOOKED_UP = 64
"""Rows with a question in each that SQLite is given at once: what a statement takes grows faster than their number."""


class Statements(Protocol):
    """The statements for one kind of database."""

    def arrived(self, connection: Connection, origin: str, keys: Sequence[str]) -> set[str]:
        """Those of the keys under which this origin has an entry already."""

    def advance(self, connection: Connection, counts: Mapping[str, int], moment: int) -> list[Reached]:
        """Count so many entries more, written at ``moment``, in each conversation that exists.

        Until the end nobody else changes those.
        """

    def write(
        self, connection: Connection, entries: Sequence[Sequence[Any]], deliveries: Sequence[Sequence[Any]]
    ) -> list[int]:
        """Write entries, their values in the order of ``ENTRY``, and deliveries of them, in that of ``DELIVERY``.

        The numbers of the entries' rows, where several hubs may share them; else none.
        """


def statements_for(dialect: Dialect) -> Statements:
    """The statements for the database of this dialect."""
    return ConstantTexts() if dialect.name == "postgresql" else RepeatedTexts(dialect)


class RepeatedTexts:
    """Fulfils ``Statements`` for SQLite: a text is made for one row, and what is about a row repeated for more."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._text = cache(self._as_text)

    def arrived(self, connection: Connection, origin: str, keys: Sequence[str]) -> set[str]:
        """See ``Statements.arrived``."""
        found = connection.exec_driver_sql(self._text(_ARRIVED, len(keys)), (origin, *keys))
        return {row[0] for row in found}

    def advance(self, connection: Connection, counts: Mapping[str, int], moment: int) -> list[Reached]:
        """See ``Statements.advance``; the whole transaction is alone."""
        found = connection.exec_driver_sql(self._text(_LAST, len(counts)), tuple(counts))
        reached = [Reached(*row) for row in found]
        alike: dict[int, list[str]] = {}  # nearly always one group: each citizen writes one message at a time
        for one in reached:
            alike.setdefault(counts[one.id], []).append(one.id)
        for count, group in alike.items():
            connection.exec_driver_sql(self._text(_ADVANCE, len(group)), (count, moment, *group))
        return reached

    def write(
        self, connection: Connection, entries: Sequence[Sequence[Any]], deliveries: Sequence[Sequence[Any]]
    ) -> list[int]:
        """See ``Statements.write``."""
        connection.exec_driver_sql(self._text(_INSERT_ENTRIES, len(entries)), _flat(entries))
        if deliveries:
            whole = [(*row, *row[:2]) for row in deliveries]  # its entry is looked up by those two
            for start in range(0, len(whole), _LOOKED_UP):
                some = whole[start : start + _LOOKED_UP]
                connection.exec_driver_sql(self._text(_INSERT_DELIVERIES, len(some)), _flat(some))
        return []

    def _as_text(self, statement: ClauseElement, count: int) -> str:
        one = str(statement.compile(dialect=self._dialect))
        head, values, row = one.partition(" VALUES ")
        if values:
            return head + values + ", ".join([row] * count)
        return _KEYS.sub(lambda found: f" IN ({', '.join([found[1]] * count)})", one)


_KEYS = re.compile(r" IN \(([^()]+)\)")
"""Where a statement about one row has its key."""


def _insert(table: Table, columns: Sequence[str], **found: Any) -> ClauseElement:
    given = {name: bindparam(name, type_=table.c[name].type) for name in columns}
    return insert(table).values([given | found])


# Not pairs in one IN: SQLite reads the whole table for that.
_ARRIVED = select(_ENTRIES.c.origin_key).where(
    _ENTRIES.c.origin == bindparam("origin"), _ENTRIES.c.origin_key.in_([bindparam("key")])
)
_LAST = select(_CONVERSATIONS.c.id, _CONVERSATIONS.c.last_seq, _CONVERSATIONS.c.state).where(
    _CONVERSATIONS.c.id.in_([bindparam("id")])
)
_ADVANCE = (
    update(_CONVERSATIONS)
    .where(_CONVERSATIONS.c.id.in_([bindparam("of")]))
    .values(last_seq=_CONVERSATIONS.c.last_seq + bindparam("count"), updated_at=bindparam("moment"))
)
_INSERT_ENTRIES = _insert(_ENTRIES, ENTRY)
_INSERT_DELIVERIES = _insert(
    _DELIVERIES,
    DELIVERY,
    entry_id=select(_ENTRIES.c.id)
    .where(_ENTRIES.c.conversation_id == bindparam("of"), _ENTRIES.c.seq == bindparam("numbered"))
    .scalar_subquery(),
)


def _flat(rows: Sequence[Sequence[Any]]) -> tuple[Any, ...]:
    return tuple(value for row in rows for value in row)


class ConstantTexts:
    """Fulfils ``Statements`` for PostgreSQL: a text is the same for any number of rows, which come as one value.

    So psycopg looks into it once, and PostgreSQL parses and plans it once for the connection: psycopg prepares what
    it was given a few times.
    """

    def arrived(self, connection: Connection, origin: str, keys: Sequence[str]) -> set[str]:
        """See ``Statements.arrived``."""
        found = connection.exec_driver_sql(_PG_ARRIVED, (origin, list(keys)))
        return {row[0] for row in found if row[0] is not None}

    def advance(self, connection: Connection, counts: Mapping[str, int], moment: int) -> list[Reached]:
        """See ``Statements.advance``."""
        values = (_to_json(counts), moment, list(counts))
        found = connection.exec_driver_sql(_PG_ADVANCE, values)
        return [Reached(row[0], row[1] - counts[row[0]], row[2]) for row in found]

    def write(
        self, connection: Connection, entries: Sequence[Sequence[Any]], deliveries: Sequence[Sequence[Any]]
    ) -> list[int]:
        """See ``Statements.write``."""
        given = [_objects(ENTRY, entries)]
        if deliveries:
            given.append(_objects(DELIVERY, deliveries))
        written = connection.exec_driver_sql(_PG_WRITE if deliveries else _PG_WRITE_ENTRIES, tuple(given))
        return sorted(row[0] for row in written)


_to_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def _objects(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    return _to_json([dict(zip(names, row, strict=True)) for row in rows])


# Each key by itself: for all of them at once a plan made while the table was small reads all of the origin's entries.
_PG_ARRIVED = (
    "SELECT (SELECT origin_key FROM entry WHERE origin = %s AND origin_key = one) FROM unnest(%b) AS one"
)
# Locked in one order everywhere, so that two hubs cannot lock each other out.
_PG_ADVANCE = (
    "UPDATE conversation SET last_seq = last_seq + (%s::jsonb ->> id)::integer, updated_at = %s"
    " WHERE id = ANY(ARRAY(SELECT id FROM conversation WHERE id = ANY(%b) ORDER BY id FOR UPDATE))"
    " RETURNING id, last_seq, state"
)
# JSON, as psycopg takes long over an array. An entry's ``data`` is a text in it: PostgreSQL reads the escapes in all
# of it, and not all that a JSON text may hold is a character there.
_PG_INSERT_ENTRIES = (
    "INSERT INTO entry (conversation_id, seq, kind, origin, origin_key, author, name, text, target, data, created_at)"
    " SELECT conversation_id, seq, kind, origin, origin_key, author, name, text, target, data::json, created_at"
    " FROM json_to_recordset(%s) AS given (conversation_id text, seq integer, kind text, origin text,"
    " origin_key text, author text, name text, text text, target integer, data text, created_at bigint)"
)
_PG_WRITE_ENTRIES = f"{_PG_INSERT_ENTRIES} RETURNING id"
# A function gives its rows in the array's order: an entry's number rises with its place, and a delivery's with that.
_PG_WRITE = (
    f"WITH written AS ({_PG_INSERT_ENTRIES} RETURNING id, conversation_id, seq),"  # noqa: S608 - of our own texts
    " sent AS (INSERT INTO delivery"
    " (conversation_id, seq, bridge, state, attempts, due_at, created_at, updated_at, entry_id)"
    " SELECT conversation_id, seq, bridge, state, attempts, due_at, created_at, updated_at, id"
    " FROM json_to_recordset(%s) AS given (conversation_id text, seq integer, bridge text, state text,"
    " attempts integer, due_at bigint, created_at bigint, updated_at bigint)"
    " JOIN written USING (conversation_id, seq) ORDER BY id)"
    " SELECT id FROM written"
)
