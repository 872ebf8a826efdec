"""Detectors that a job used before the one that it ended with."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0042"
down_revision: str | None = "0041"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    kind = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
    op.add_column("job", sa.Column("earlier_detectors", kind, nullable=False, server_default="[]"))


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("job") as table:
        table.drop_column("earlier_detectors")
