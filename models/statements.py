"""The statements that append entries, each turned into text once, for one row, and repeated for more.

SQLAlchemy turns a statement about many rows into text for each batch anew, and takes as long for that as the
database for its own work, with the interpreter's lock in hand.
"""

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Dialect, Row, Table, bindparam, insert, select, update
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


class Statements:
    """The statements for one kind of database, whose driver is to take values by their order."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._text = cache(self._as_text)
        self._json = _ENTRIES.c.data.type.dialect_impl(dialect).bind_processor(dialect)

    def arrived(self, connection: Connection, origin: str, keys: Sequence[str]) -> set[str]:
        """Those of the keys under which this origin has an entry already."""
        found = connection.exec_driver_sql(self._text(_ARRIVED, len(keys)), (origin, *keys))
        return {row[0] for row in found}

    def last(self, connection: Connection, conversations: Sequence[str]) -> Sequence[Row[Any]]:
        """``id``, ``last_seq`` and ``state`` of those that exist; until the end nobody else changes them."""
        return connection.exec_driver_sql(self._text(_LAST, len(conversations)), tuple(conversations)).all()

    def advance(self, connection: Connection, conversations: Sequence[str], count: int, moment: int) -> None:
        """Count ``count`` entries more in each of the conversations, written at ``moment``."""
        connection.exec_driver_sql(self._text(_ADVANCE, len(conversations)), (count, moment, *conversations))

    def insert_entries(self, connection: Connection, rows: Sequence[Sequence[Any]]) -> None:
        """Write entries, whose values stand in the order of ``ENTRY``."""
        connection.exec_driver_sql(self._text(_INSERT_ENTRIES, len(rows)), _flat(rows))

    def insert_deliveries(self, connection: Connection, rows: Sequence[Sequence[Any]]) -> None:
        """Write deliveries of entries that are there.

        Their values stand in the order of ``DELIVERY``, then the conversation and ``seq`` once more.
        """
        connection.exec_driver_sql(self._text(_INSERT_DELIVERIES, len(rows)), _flat(rows))

    def to_json(self, data: dict[str, Any]) -> Any:
        """What the driver takes for an entry's ``data``."""
        assert self._json is not None
        return self._json(data)

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
# In one order everywhere, so that two hubs on one PostgreSQL cannot lock each other out. SQLite, where the
# whole transaction is alone, leaves FOR UPDATE out.
_LAST = (
    select(_CONVERSATIONS.c.id, _CONVERSATIONS.c.last_seq, _CONVERSATIONS.c.state)
    .where(_CONVERSATIONS.c.id.in_([bindparam("id")]))
    .order_by(_CONVERSATIONS.c.id)
    .with_for_update()
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
