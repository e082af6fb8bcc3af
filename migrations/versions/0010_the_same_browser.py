"""Which browser a conversation was started in, where the citizen agreed that the office may know"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column("conversation", sa.Column("browser_mark", sa.String(length=64), nullable=True))
    op.create_index("ix_conversation_browser_mark", "conversation", ["browser_mark"])


def downgrade() -> None:
    op.drop_index("ix_conversation_browser_mark", "conversation")
    with op.batch_alter_table("conversation") as table:
        table.drop_column("browser_mark")
