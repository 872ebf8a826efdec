"""Idempotency keys of requests that create something other than a job."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0039"
down_revision: str | None = "0038"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("idempotency_key") as table:
        table.alter_column("job_id", existing_type=sa.Integer(), nullable=True)
        table.add_column(sa.Column("made_id", sa.Integer(), nullable=True))


def downgrade() -> None:
    """Undo: keys that name no job are of no use any more."""
    op.execute("DELETE FROM idempotency_key WHERE job_id IS NULL")
    with op.batch_alter_table("idempotency_key") as table:
        table.drop_column("made_id")
        table.alter_column("job_id", existing_type=sa.Integer(), nullable=False)
