"""How far a citizen's page has shown what operators wrote"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    with op.batch_alter_table("conversation") as batch_op:
        batch_op.add_column(sa.Column("had_seq", sa.Integer(), nullable=False, server_default="0"))
    # What is old is not to be signed all at once.
    op.execute("UPDATE conversation SET had_seq = last_seq")


def downgrade() -> None:
    with op.batch_alter_table("conversation") as batch_op:
        batch_op.drop_column("had_seq")
