"""Who said that they are there"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "presence",
        sa.Column("name", sa.String(length=100), primary_key=True),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("away_until", sa.BigInteger(), nullable=False),
        sa.Column("said_at", sa.BigInteger(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("presence")
