"""Jobs can be deleted, count removed photos, and have indexes for the filters of their list."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_TO_PURGE = sa.text("deleted_at IS NOT NULL AND purged_at IS NULL")
_FILTERS = ("state", "account_id", "photos_found")


def upgrade() -> None:
    """Apply."""
    op.add_column("job", sa.Column("photos_removed", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("job", sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("job", sa.Column("purged_at", sa.DateTime(timezone=True), nullable=True))
    for column in _FILTERS:
        op.create_index(f"ix_job_{column}_id", "job", [column, "id"])
    op.create_index("ix_job_to_purge", "job", ["id"], sqlite_where=_TO_PURGE, postgresql_where=_TO_PURGE)


def downgrade() -> None:
    """Undo; deleted jobs are listed again."""
    op.drop_index("ix_job_to_purge", "job")
    for column in _FILTERS:
        op.drop_index(f"ix_job_{column}_id", "job")
    for name in ("purged_at", "deleted_at", "photos_removed"):
        op.drop_column("job", name)
