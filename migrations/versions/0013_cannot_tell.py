"""Decisions can say that the person cannot tell."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0013"
down_revision: str | None = "0012"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    op.add_column("decision", sa.Column("cannot_tell", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index(
        "ix_decision_cannot_tell",
        "decision",
        ["id"],
        sqlite_where=sa.text("cannot_tell = 1"),
        postgresql_where=sa.text("cannot_tell"),
    )


def downgrade() -> None:
    """Undo; a "can't tell" becomes an undone decision, which gives no label either."""
    op.drop_index("ix_decision_cannot_tell", table_name="decision")
    op.drop_column("decision", "cannot_tell")
