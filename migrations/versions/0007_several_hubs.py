"""Several hubs on one record: who is there, who leads, and which of the desk's sessions were ended"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "hub",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("key_digest", sa.String(64), nullable=False),
        sa.Column("desk_link", sa.String(64)),
        sa.Column("desks", sa.Integer(), nullable=False),
        sa.Column("report", sa.JSON(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "leadership",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("term", sa.BigInteger(), nullable=False),
        sa.Column("hub_id", sa.String(32), nullable=False),
    )
    op.create_table(
        "ended_session",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=False),
    )


def downgrade() -> None:
    for table in ("ended_session", "leadership", "hub"):
        op.drop_table(table)
