"""Indexes for filters of results by final label."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0029"
down_revision: str | None = "0028"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_CONDITIONS = {
    "no_face": "faces = 0",
    "with_mask": "with_mask > 0",
    "without_mask": "without_mask > 0",
    "incorrect": "incorrect > 0",
    "indeterminate": "indeterminate > 0",
    "not_labelled": "not_labelled > 0",
}


def upgrade() -> None:
    """Apply."""
    for name, condition in _CONDITIONS.items():
        where = sa.text(condition)
        op.create_index(
            f"ix_final_count_{name}",
            "final_count",
            ["job_id", "position"],
            sqlite_where=where,
            postgresql_where=where,
        )


def downgrade() -> None:
    """Undo."""
    for name in _CONDITIONS:
        op.drop_index(f"ix_final_count_{name}", table_name="final_count")
