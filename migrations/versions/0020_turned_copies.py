"""Photos that were compared by their embeddings are compared again: turned copies are searched now."""

from collections.abc import Sequence

from alembic import op

revision: str = "0020"
down_revision: str | None = "0019"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    op.execute("UPDATE photo_embedding SET compared_at = NULL")


def downgrade() -> None:
    """Undo: an older release compares them once more."""
