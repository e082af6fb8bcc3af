"""Alembic's entry: runs the migrations on the connection that the program hands over."""

from alembic import context
from sqlmodel import SQLModel

from models import tables  # noqa: F401 - the import makes the tables known

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,  # SQLite cannot alter a table in place
)
with context.begin_transaction():
    context.run_migrations()
