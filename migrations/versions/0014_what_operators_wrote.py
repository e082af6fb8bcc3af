"""What operators wrote by itself: who waits for an answer is asked all the time"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

_WHOSE = sa.text("author = 'operator'")


def upgrade() -> None:
    op.create_index(
        "entry_by_operators",
        "entry",
        ["conversation_id", "seq"],
        sqlite_where=_WHOSE,
        postgresql_where=_WHOSE,
    )


def downgrade() -> None:
    op.drop_index("entry_by_operators", "entry")
