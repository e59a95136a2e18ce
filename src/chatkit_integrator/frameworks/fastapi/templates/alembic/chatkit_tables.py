"""The chat's tables: conversations with their items, attachments and preferences, each with its owner."""

import sqlalchemy as sa
from alembic import context, op

revision = "REVISION"
down_revision = "DOWN_REVISION"
branch_labels = None
depends_on = None

OWNED = ("chatkit_threads", "chatkit_attachments", "chatkit_preferences")


def upgrade() -> None:
    """Make the tables, unless the chat has made them itself when it was first started."""
    if not context.is_offline_mode() and sa.inspect(op.get_bind()).has_table(OWNED[0]):
        return
    for name in OWNED:
        key, owner = sa.Column("id", sa.Text(), nullable=False, unique=True), sa.Column("owner", sa.Text(), nullable=False)
        _create(name, key, owner)
        op.create_index(f"{name}_by_owner", name, ["owner", "position"])
    thread = sa.Column("thread_id", sa.Text(), sa.ForeignKey(f"{OWNED[0]}.id", ondelete="CASCADE"), nullable=False)
    key = sa.Column("id", sa.Text(), nullable=False)
    _create("chatkit_items", thread, key, sa.UniqueConstraint("thread_id", "id"))
    op.create_index("chatkit_items_in_order", "chatkit_items", ["thread_id", "position"])


def downgrade() -> None:
    """Drop them, with everything that was said."""
    for name in ("chatkit_items", *OWNED):
        op.drop_table(name)


def _create(name: str, *more: sa.Column[str] | sa.UniqueConstraint) -> None:
    position = sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True)
    at, data = sa.Column("at", sa.Double[float](), nullable=False), sa.Column("data", sa.Text(), nullable=False)
    op.create_table(name, position, at, data, *more)
