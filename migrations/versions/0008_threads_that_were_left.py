"""Threads that conversations have left, and the accounts that opened those they are in"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    with op.batch_alter_table("thread") as batch_op:
        batch_op.add_column(sa.Column("opened_as", sa.String(64), nullable=False, server_default=""))
    op.create_table(
        "former_thread",
        sa.Column("bridge", sa.String(16), nullable=False),
        sa.Column("chat", sa.String(64), nullable=False),
        sa.Column("thread", sa.String(64), nullable=False),
        sa.Column("conversation_id", sa.String(32), nullable=False),
        sa.Column("last_seen", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("bridge", "chat", "thread"),
    )
    op.create_index("ix_former_thread_conversation_id", "former_thread", ["conversation_id"])


def downgrade() -> None:
    op.drop_table("former_thread")
    with op.batch_alter_table("thread") as batch_op:
        batch_op.drop_column("opened_as")
