"""The chat's tables, as they are at this revision: conversations with their items, attachments with files, preferences."""

import sqlalchemy as sa
from alembic import op

revision = "REVISION"
down_revision = "DOWN_REVISION"

tables = sa.MetaData()


def table(name: str, *more: sa.Column[str] | sa.UniqueConstraint | sa.Index) -> None:
    """Describe a table of things kept as JSON, in the order in which they came."""
    position = sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True)
    at, data = sa.Column("at", sa.Double[float](), nullable=False), sa.Column("data", sa.Text(), nullable=False)
    sa.Table(name, tables, position, at, data, *more)


for each in ("chatkit_threads", "chatkit_attachments", "chatkit_preferences"):
    key, owner = sa.Column("id", sa.Text(), nullable=False, unique=True), sa.Column("owner", sa.Text(), nullable=False)
    table(each, key, owner, sa.Index(f"{each}_by_owner", owner, "position"))
thread = sa.Column("thread_id", sa.Text(), sa.ForeignKey("chatkit_threads.id", ondelete="CASCADE"), nullable=False)
key = sa.Column("id", sa.Text(), nullable=False)
table("chatkit_items", thread, key, sa.UniqueConstraint(thread, key), sa.Index("chatkit_items_in_order", thread, "position"))
sa.Table(
    "chatkit_files",
    tables,
    sa.Column("id", sa.Text(), sa.ForeignKey("chatkit_attachments.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("owner", sa.Text(), nullable=False, index=True),
    sa.Column("thread_id", sa.Text()),
    sa.Column("data", sa.Text(), nullable=False),
)


def upgrade() -> None:
    """Make the tables, except those that the chat has made already when it was first started."""
    tables.create_all(op.get_bind())


def downgrade() -> None:
    """Drop them, with everything that was said."""
    tables.drop_all(op.get_bind())
