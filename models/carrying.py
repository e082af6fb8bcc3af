"""Carries every table from one database to another, so that it can be broken off, taken up again and checked.

Nothing is remembered between two goes but that one is under way: the target's rows themselves say how far it is.
Both sides are read in the order of their keys and walked along together, which needs no memory for what was read.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import Column, Connection, Engine, String, Table, and_, collate, func, inspect, select, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel

from models import tables  # noqa: F401 - the import makes the tables known
from models.migrate import migrate

BATCH = 1000
"""Rows that are written in one transaction."""

_MARK = "unfinished_move"
"""A table that stands in the target while not everything is there: it names the source."""

LOCK = 0x4C696E6561
"""The advisory lock of whoever writes into the target ("Linea")."""

Row = tuple[Any, ...]
Pair = tuple[Row | None, Row | None]


class CannotCarry(Exception):
    """The rows cannot be carried over; the message says why, and nothing was changed at the source."""


@dataclass(frozen=True)
class Checked:
    """What a table holds, the same on both sides."""

    table: str
    rows: int
    digest: str


def every_table() -> list[Table]:
    """All tables, those first that others point to."""
    return SQLModel.metadata.sorted_tables


def _count(connection: Connection, table: Table) -> int:
    return connection.execute(select(func.count()).select_from(table)).scalar_one()


def is_unfinished(engine: Engine) -> bool:
    """Whether a move into this database was broken off."""
    return inspect(engine).has_table(_MARK)


class Carrying:
    """One go at bringing everything from ``source`` to ``target``.

    ``reading`` must be a connection to ``target`` that is used for nothing else: it holds the lock.
    """

    def __init__(self, source: Connection, reading: Connection, target: Engine) -> None:
        self._source = source
        self._reading = reading
        self._target = target

    def alone(self) -> bool:
        """Take the target for this go, until the connection ends; false where another one has it."""
        taken = self._reading.execute(select(func.pg_try_advisory_lock(LOCK))).scalar_one()
        self._reading.commit()
        return bool(taken)

    def others(self) -> str | None:
        """What the target holds that no move has brought: a table's name, if there is one."""
        there = set(inspect(self._target).get_table_names())
        ours = {table.name: table for table in every_table()}
        foreign = sorted(there - set(ours) - {"alembic_version", _MARK})
        if foreign:
            return foreign[0]
        if _MARK in there:
            return None
        with self._target.connect() as connection:
            return next((name for name in ours if name in there and _count(connection, ours[name])), None)

    def is_there_already(self) -> bool:
        """Whether the target, which no move is under way to, holds the very same as the source."""
        try:
            for table in every_table():
                self.check(table)
        except (CannotCarry, DBAPIError):  # other rows, or tables of another version
            self._reading.rollback()
            return False
        return True

    def begin(self, name: str) -> bool:
        """Mark the target as unfinished and give it its tables; whether it was marked, by a go that was broken off.

        Raises
        ------
        CannotCarry
            If that go was from another source.
        """
        with self._target.begin() as connection:
            marked = inspect(connection).has_table(_MARK)
            if not marked:
                connection.execute(text(f"CREATE TABLE {_MARK} (source TEXT NOT NULL)"))
                connection.execute(text(f"INSERT INTO {_MARK} VALUES (:name)"), {"name": name})  # noqa: S608
            before = connection.execute(text(f"SELECT source FROM {_MARK}")).scalar_one()  # noqa: S608
        if before != name:
            raise CannotCarry(
                f"a move from {before} into it was broken off: finish that one, or empty it first"
            )
        migrate(self._target)
        return bool(marked)

    def total(self, table: Table) -> int:
        """How many rows of a table are to be there in the end."""
        return _count(self._source, table)

    def drop_stale(self, table: Table) -> None:
        """Delete from the target what is no longer so at the source, since an earlier go."""
        stale = (there for here, there in self._pairs(table) if there is not None and here != there)
        for batch in _batches(stale):
            with self._target.begin() as connection:
                for row in batch:
                    connection.execute(table.delete().where(_is(table, row)))

    def carry(self, table: Table, carried: Callable[[int], None]) -> None:
        """Write what the target lacks; ``carried`` is told each time how many rows more are there.

        Raises
        ------
        CannotCarry
            If the target refuses a row.
        """
        here_already = 0

        def missing() -> Iterator[Row]:
            nonlocal here_already
            for here, there in self._pairs(table):
                if there is not None:
                    here_already += 1
                elif here is not None:
                    yield here

        for batch in _batches(missing()):
            self._write(table, batch)
            carried(len(batch) + here_already)
            here_already = 0
        carried(here_already)

    def _write(self, table: Table, batch: list[Row]) -> None:
        names = [column.name for column in _columns(table)]
        values = [dict(zip(names, row, strict=True)) for row in batch]
        try:
            with self._target.begin() as connection:
                connection.execute(table.insert(), values)
        except DBAPIError as error:
            if error.connection_invalidated or len(batch) == 1:
                raise self._refusal(table, batch[0], error) from error
            for row in batch:  # one by one, to name the one that is refused
                self._write(table, [row])

    @staticmethod
    def _refusal(table: Table, row: Row, error: DBAPIError) -> Exception:
        if error.connection_invalidated:
            return error
        reason = " ".join(str(error.orig).split())
        return CannotCarry(f"{table.name}, {_named(table, row)}: the target refuses this row: {reason}")

    def check(self, table: Table) -> Checked:
        """Compare both sides row by row.

        Raises
        ------
        CannotCarry
            If a row is missing, too many or different.
        """
        rows = 0
        digests = (hashlib.sha256(), hashlib.sha256())
        for here, there in self._pairs(table):
            row = here or there or ()
            if here is None or there is None:
                side = "source" if here is None else "target"
                raise CannotCarry(f"{table.name}, {_named(table, row)}: the {side} does not have it")
            encoded = [json.dumps(side, sort_keys=True, default=str).encode() for side in (here, there)]
            if encoded[0] != encoded[1]:
                raise CannotCarry(f"{table.name}, {_named(table, row)}: the target has it otherwise")
            for digest, row_bytes in zip(digests, encoded, strict=True):
                digest.update(row_bytes + b"\n")
            rows += 1
        counted = _count(self._source, table), _count(self._reading, table)
        self._reading.commit()
        if counted != (rows, rows) or digests[0].digest() != digests[1].digest():
            raise CannotCarry(f"{table.name}: {counted[0]} rows at the source, {counted[1]} at the target")
        return Checked(table.name, rows, digests[0].hexdigest())

    def finish(self) -> None:
        """Let new rows be numbered after the last one, and take the mark away."""
        with self._target.begin() as connection:
            for table in every_table():
                key = table.autoincrement_column
                if key is not None:
                    sequence = func.pg_get_serial_sequence(table.name, key.name)
                    connection.execute(select(func.setval(sequence, func.max(key))).select_from(table))
            connection.execute(text(f"DROP TABLE IF EXISTS {_MARK}"))

    def _pairs(self, table: Table) -> Iterator[Pair]:
        """The rows of both sides by their keys; None where one side has no such row."""
        places = [_columns(table).index(column) for column in table.primary_key.columns]

        def key(row: Row) -> Row:
            return tuple(row[place] for place in places)

        sources, targets = _rows(self._source, table), _rows(self._reading, table)
        here, there = next(sources, None), next(targets, None)
        while here is not None or there is not None:
            if there is None or (here is not None and key(here) < key(there)):
                yield here, None
                here = next(sources, None)
            elif here is None or key(there) < key(here):
                yield None, there
                there = next(targets, None)
            else:
                yield here, there
                here, there = next(sources, None), next(targets, None)
        self._reading.commit()


def _columns(table: Table) -> list[Column[Any]]:
    """Those that a row is written with; the others follow from them."""
    return [column for column in table.columns if column.computed is None]


def _rows(connection: Connection, table: Table) -> Iterator[Row]:
    """All rows in the order of their keys, by bytes on both sides: that is Python's order of text, too."""
    plain = connection.dialect.name != "postgresql"
    order = [
        column if plain or not isinstance(column.type, String) else collate(column, "C")
        for column in table.primary_key.columns
    ]
    for row in connection.execute(
        select(*_columns(table)).order_by(*order).execution_options(yield_per=BATCH)
    ):
        yield tuple(row)


def _batches(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while batch := list(islice(rows, BATCH)):
        yield batch


def _is(table: Table, row: Row) -> Any:
    """The condition that finds this row by its key."""
    of = dict(zip(_columns(table), row, strict=True))
    return and_(*(column == of[column] for column in table.primary_key.columns))


def _named(table: Table, row: Row) -> str:
    of = dict(zip(_columns(table), row, strict=True))
    return " ".join(f"{column.name}={of[column]}" for column in table.primary_key.columns)
