"""The database's shape: what migrations make is what the models say, on a new file and on one with a past."""

import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlmodel import SQLModel

from models import migrate as module
from models.engine import writer_engine
from models.migrate import migrate
from running.parts import StartError, open_database
from tests.past import DELIVERED, deliveries_in, put_a_past


def url_of(folder: Path) -> str:
    """A database in this folder."""
    return f"sqlite:///{folder}/linea.db"


def test_make_of_an_empty_file_what_the_models_say(tmp_path: Path) -> None:
    engine = writer_engine(url_of(tmp_path))
    migrate(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []
    engine.dispose()


def test_are_one_line_without_branches() -> None:
    scripts = ScriptDirectory(str(module._SCRIPTS))
    assert len(scripts.get_heads()) == 1
    assert len(scripts.get_bases()) == 1


def test_are_named_by_their_revision_so_that_the_newest_is_known_without_alembic() -> None:
    scripts = ScriptDirectory(str(module._SCRIPTS))
    for script in scripts.walk_revisions():
        assert Path(script.path).name.startswith(f"{script.revision}_")
        assert script.down_revision is None or script.down_revision < script.revision


def test_run_again_change_nothing_and_keep_what_is_there(tmp_path: Path) -> None:
    open_database(url_of(tmp_path))
    with sqlite3.connect(tmp_path / "linea.db") as connection:
        connection.execute("INSERT INTO switch VALUES (1, 0, NULL, 'Anna', 0)")
    open_database(url_of(tmp_path))
    found = connection.execute('SELECT "by" FROM switch').fetchall()
    connection.close()
    assert found == [("Anna",)]


def test_leave_a_file_that_is_no_database_as_it_is_and_say_so(tmp_path: Path) -> None:
    (tmp_path / "linea.db").write_bytes(b"this is a letter, not a database" * 200)
    with pytest.raises(StartError, match="not a database"):
        open_database(url_of(tmp_path))
    assert (tmp_path / "linea.db").read_bytes().startswith(b"this is a letter")


def test_find_the_entries_of_the_deliveries_that_are_there(tmp_path: Path) -> None:
    engine = writer_engine(url_of(tmp_path))
    with engine.begin() as connection:
        module._upgrade(connection, "0011")
        put_a_past(connection)
    migrate(engine)
    with engine.connect() as connection:
        assert deliveries_in(connection) == DELIVERED
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []
    engine.dispose()
