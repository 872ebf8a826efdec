"""Reports whose pictures have faces covered."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0028"
down_revision: str | None = "0027"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    op.add_column(
        "report", sa.Column("anonymise", sa.String(length=8), server_default="none", nullable=False)
    )


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("report") as table:
        table.drop_column("anonymise")
