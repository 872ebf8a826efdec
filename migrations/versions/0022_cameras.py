"""Camera and time zone of photos, from EXIF; photos that were read before have neither."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0022"
down_revision: str | None = "0021"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    op.add_column("photo", sa.Column("taken_offset", sa.Integer(), nullable=True))
    op.add_column("photo", sa.Column("camera", sa.String(length=120), nullable=True))


def downgrade() -> None:
    """Undo."""
    op.drop_column("photo", "camera")
    op.drop_column("photo", "taken_offset")
