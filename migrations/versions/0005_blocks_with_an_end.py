"""Until when a conversation is blocked, and which addresses are, by their marks"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("conversation", sa.Column("blocked_until", sa.BigInteger(), nullable=True))
    op.add_column("conversation", sa.Column("address_mark", sa.String(length=64), nullable=True))
    op.create_table(
        "block",
        sa.Column("mark", sa.String(length=64), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("mark"),
    )


def downgrade() -> None:
    op.drop_table("block")
    with op.batch_alter_table("conversation") as table:
        table.drop_column("address_mark")
        table.drop_column("blocked_until")
