"""Splits that imported sets bring, which new groups of photos keep."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0033"
down_revision: str | None = "0032"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    op.add_column(
        "photo",
        sa.Column(
            "brought_split",
            sa.Enum("train", "validation", "test", name="split", native_enum=False, length=32),
            nullable=True,
        ),
    )


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("photo") as table:
        table.drop_column("brought_split")
