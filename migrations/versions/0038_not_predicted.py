"""Versions that do not predict every label: their predictions have no probability for the others."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0038"
down_revision: str | None = "0037"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_COLUMNS = ("with_mask", "without_mask", "incorrect", "not_a_face")


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("prediction") as table:
        for name in _COLUMNS:
            table.alter_column(name, existing_type=sa.Float(), nullable=True)


def downgrade() -> None:
    """Undo. What was not predicted becomes a probability of 0, as earlier releases know nothing else."""
    for name in _COLUMNS:
        op.execute(f"UPDATE prediction SET {name} = 0 WHERE {name} IS NULL")  # noqa: S608
    with op.batch_alter_table("prediction") as table:
        for name in _COLUMNS:
            table.alter_column(name, existing_type=sa.Float(), nullable=False)
