"""Deliveries found by their entries, whose numbers rise as theirs do"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

_NAMES = {"fk": "%(table_name)s_%(column_0_name)s_fkey"}
"""As PostgreSQL names them; SQLite's have no names."""


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.add_column("delivery", sa.Column("entry_id", number, nullable=True))
    op.execute(
        "UPDATE delivery SET entry_id = (SELECT entry.id FROM entry"
        " WHERE entry.conversation_id = delivery.conversation_id AND entry.seq = delivery.seq)"
    )
    op.execute("DELETE FROM delivery WHERE entry_id IS NULL")  # of nothing: they could never be sent
    with op.batch_alter_table("delivery", naming_convention=_NAMES) as batch_op:
        batch_op.drop_index("ix_delivery_conversation_id")
        batch_op.drop_constraint("delivery_conversation_id_fkey", type_="foreignkey")
        batch_op.alter_column("entry_id", existing_type=number, nullable=False)
        batch_op.create_foreign_key(
            "delivery_entry_id_fkey", "entry", ["entry_id"], ["id"], ondelete="CASCADE"
        )
        batch_op.create_index("ix_delivery_entry_id", ["entry_id"])


def downgrade() -> None:
    with op.batch_alter_table("delivery", naming_convention=_NAMES) as batch_op:
        batch_op.drop_index("ix_delivery_entry_id")
        batch_op.drop_constraint("delivery_entry_id_fkey", type_="foreignkey")
        batch_op.drop_column("entry_id")
        batch_op.create_foreign_key(
            "delivery_conversation_id_fkey", "conversation", ["conversation_id"], ["id"], ondelete="CASCADE"
        )
        batch_op.create_index("ix_delivery_conversation_id", ["conversation_id"])
