"""What an import left out and assumed."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_LEFT_OUT = sa.text("objects_left_out > 0")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "import_count",
        sa.Column("job_id", _BIG_KEY, nullable=False),
        sa.Column("what", sa.String(length=32), nullable=False),
        sa.Column("word", sa.String(length=100), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name="fk_import_count_job_id_job", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job_id", "what", "word", name="pk_import_count"),
    )
    op.add_column(
        "job_photo", sa.Column("objects_left_out", sa.Integer(), server_default=sa.text("0"), nullable=False)
    )
    op.create_index(
        "ix_job_photo_left_out",
        "job_photo",
        ["job_id", "position"],
        sqlite_where=_LEFT_OUT,
        postgresql_where=_LEFT_OUT,
    )
    op.add_column("decision", sa.Column("assumed", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index(
        "ix_decision_assumed",
        "decision",
        ["job_id", "id"],
        sqlite_where=sa.text("assumed"),
        postgresql_where=sa.text("assumed"),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_decision_assumed", "decision")
    op.drop_column("decision", "assumed")
    op.drop_index("ix_job_photo_left_out", "job_photo")
    op.drop_column("job_photo", "objects_left_out")
    op.drop_table("import_count")
