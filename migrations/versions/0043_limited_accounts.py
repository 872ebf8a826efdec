"""Accounts that have only some series and review queues."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0043"
down_revision: str | None = "0042"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    op.add_column("account", sa.Column("limited", sa.Boolean(), nullable=False, server_default=sa.false()))
    for table, column, of in (
        ("account_series", "schedule_id", "schedule"),
        ("account_queue", "queue_id", "review_queue"),
    ):
        account, named = f"fk_{table}_account_id_account", f"fk_{table}_{column}_{of}"
        op.create_table(
            table,
            sa.Column("account_id", sa.Integer(), nullable=False),
            sa.Column(column, sa.Integer(), nullable=False),
            sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f(account), ondelete="CASCADE"),
            sa.ForeignKeyConstraint([column], [f"{of}.id"], name=op.f(named), ondelete="CASCADE"),
            sa.PrimaryKeyConstraint("account_id", column, name=op.f(f"pk_{table}")),
        )
        op.create_index(f"ix_{table}_{column}", table, [column])


def downgrade() -> None:
    """Undo."""
    op.drop_table("account_queue")
    op.drop_table("account_series")
    with op.batch_alter_table("account") as table:
        table.drop_column("limited")
