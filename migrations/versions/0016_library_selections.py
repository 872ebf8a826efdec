"""Indexes that list the photos of a job, and those added on some days, in the order of their ids."""

from collections.abc import Sequence

from alembic import op

revision: str = "0016"
down_revision: str | None = "0015"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    op.create_index(op.f("ix_job_photo_job_id_photo_id"), "job_photo", ["job_id", "photo_id"])
    op.create_index(op.f("ix_photo_created_at_id"), "photo", ["created_at", "id"])


def downgrade() -> None:
    """Undo."""
    op.drop_index(op.f("ix_photo_created_at_id"), table_name="photo")
    op.drop_index(op.f("ix_job_photo_job_id_photo_id"), table_name="job_photo")
