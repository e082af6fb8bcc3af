"""Conversations found by the hour of their last change, so that a message changes no index of theirs

A later migration that changes this table by ``batch_alter_table`` has to drop ``updated_hour`` and its index first,
and to make them again: on SQLite that copies the rows with all columns, and nothing is written into a reckoned one.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.drop_index("conversation_by_state", "conversation")
    stored = op.get_bind().dialect.name == "postgresql"  # SQLite adds only such as are reckoned each time
    if stored:
        # Room in each page for the row's next version, which else goes to another page and into every index.
        op.execute("ALTER TABLE conversation SET (fillfactor = 75)")
    hour = sa.Computed("updated_at / 3600000", persisted=stored)
    op.add_column("conversation", sa.Column("updated_hour", sa.BigInteger(), hour))
    op.create_index("conversation_by_state", "conversation", ["kind", "state", "updated_hour"])


def downgrade() -> None:
    op.drop_index("conversation_by_state", "conversation")
    op.drop_column("conversation", "updated_hour")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE conversation RESET (fillfactor)")
    op.create_index("conversation_by_state", "conversation", ["kind", "state", "updated_at"])
