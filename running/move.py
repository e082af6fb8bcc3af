"""``./linea move``: carries the record from a SQLite file into PostgreSQL, checked row by row."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from models.carrying import CannotCarry, Carrying, every_table
from models.engine import writer_engine
from running.errors import StartError
from running.parts import data_folder, hold_alone, open_database, read_secrets
from running.progress import Progress
from settings import Settings, database_url


def move(settings: Settings, config: Path, to: str) -> int:
    """Carry everything over, or go on where it was broken off; the exit status.

    Raises
    ------
    StartError
        If it cannot begin or cannot go on; the source is never changed.
    """
    url = database_url(settings, config.parent, read_secrets(config))
    source, target = make_url(url), _target(to)
    if source.get_backend_name() != "sqlite" or not source.database:
        raise StartError("the record is in PostgreSQL already: move carries it over from a SQLite file")
    if not Path(source.database).is_file():
        raise StartError(f"there is no database at {source.database}: nothing is to be moved")
    where = target.render_as_string(hide_password=True)
    lock = hold_alone(data_folder(url, config))
    try:
        open_database(url)
        with _carrying(url, target) as carrying:
            _carry(carrying, source.database, where)
    except CannotCarry as error:
        raise StartError(f"not moved to {where}: {error}") from error
    except SQLAlchemyError as error:
        reason = " ".join(str(getattr(error, "orig", None) or error).split())
        raise StartError(f"{where}: {reason}: the same command again goes on from there") from error
    finally:
        os.close(lock)
    _tell_the_rest(source, target, config)
    return 0


def _target(to: str) -> URL:
    """The address as it was typed; what is wrong with it is told without it, for it may hold a password."""
    try:
        url = make_url(to)
        if url.get_backend_name() == "postgresql" and url.database:
            return url
    except (ArgumentError, ValueError):
        pass
    raise StartError("--to: expected an address such as postgresql://linea@db.comune.example/linea")


@contextlib.contextmanager
def _carrying(source_url: str, target_url: URL) -> Iterator[Carrying]:
    """Both databases, held for this go alone."""
    source, target = (
        writer_engine(source_url),
        writer_engine(target_url.render_as_string(hide_password=False)),
    )
    try:
        with source.connect() as here, target.connect() as reading:
            yield Carrying(here, reading, target)
    finally:
        source.dispose()
        target.dispose()


def _carry(carrying: Carrying, source: str, where: str) -> None:
    if not carrying.alone():
        raise CannotCarry("another move into it is under way")
    other = carrying.others()
    if other is not None and not carrying.is_there_already():
        raise CannotCarry(f"it holds other data (in the table {other}): make a new, empty database for it")
    if other is not None:
        print(f"everything is at {where} already")
        return
    resumed = carrying.begin(source)
    if resumed:
        print("going on where it was broken off", flush=True)
        for table in every_table():
            carrying.drop_stale(table)
    for table in every_table():
        progress = Progress(table.name, carrying.total(table))
        carrying.carry(table, progress.add)
        progress.end("carried over")
    for table in every_table():
        checked = carrying.check(table)
        print(f"{checked.table}: {checked.rows} rows, the same on both sides (SHA-256 {checked.digest[:16]})")
    carrying.finish()


def _tell_the_rest(source: URL, target: URL, config: Path) -> None:
    """What is left to the administrator: the address, and whatever lies beside the database."""
    here = source.render_as_string(hide_password=False)
    there = target.render_as_string(hide_password=False)
    hidden = " (with the password in the place of ***)" if target.password else ""
    print(f"Everything is there. Now write into {config.parent / '.env'}{hidden}:")
    print(f"DATABASE_URL={target.render_as_string(hide_password=True)}")
    before, after = data_folder(here, config), data_folder(there, config)
    if before == after:
        print(f"The files and the key are not in the database: they stay in {before}.")
    else:
        print(
            f"The files and the key are not in the database: move {before}/files and {before}/secret_key to {after}."
        )
    print(f"{source.database} is as it was: put it away once the office works with PostgreSQL.")
