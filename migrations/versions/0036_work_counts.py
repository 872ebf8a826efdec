"""The counters of `/metrics`."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0036"
down_revision: str | None = "0035"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "work_count",
        sa.Column("stage", sa.String(length=32), nullable=False),
        sa.Column("event", sa.String(length=32), nullable=False),
        sa.Column("bucket", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("photos", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("stage", "event", "bucket", name=op.f("pk_work_count")),
    )
    op.create_table(
        "request_count",
        sa.Column("route", sa.String(length=200), nullable=False),
        sa.Column("method", sa.String(length=8), nullable=False),
        sa.Column("status", sa.String(length=3), nullable=False),
        sa.Column("bucket", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("route", "method", "status", "bucket", name=op.f("pk_request_count")),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("request_count")
    op.drop_table("work_count")
