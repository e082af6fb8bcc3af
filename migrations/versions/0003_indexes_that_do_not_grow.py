"""Indexes whose cost does not grow with what is closed and sent"""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.drop_index("delivery_by_state", "delivery")
    op.create_index("delivery_by_state", "delivery", ["state", "bridge", "id"])
    op.drop_index("ix_conversation_state", "conversation")
    op.create_index("conversation_by_state", "conversation", ["kind", "state", "updated_at"])


def downgrade() -> None:
    op.drop_index("conversation_by_state", "conversation")
    op.create_index("ix_conversation_state", "conversation", ["state"])
    op.drop_index("delivery_by_state", "delivery")
    op.create_index("delivery_by_state", "delivery", ["bridge", "state", "id"])
