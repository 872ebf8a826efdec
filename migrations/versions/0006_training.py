"""An index by which the trainings are listed."""

from collections.abc import Sequence

from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    op.create_index("ix_job_kind_id", "job", ["kind", "id"])


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_job_kind_id", table_name="job")
