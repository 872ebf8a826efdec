"""Jobs and uploads count what they skip by reason, photos carry notes."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Apply."""
    op.add_column("job", sa.Column("files_skipped", _JSON, nullable=True))
    op.add_column("upload", sa.Column("files_skipped", _JSON, nullable=True))
    op.add_column("photo", sa.Column("notes", _JSON, nullable=False, server_default="[]"))


def downgrade() -> None:
    """Undo."""
    for table, column in (("photo", "notes"), ("upload", "files_skipped"), ("job", "files_skipped")):
        op.drop_column(table, column)
