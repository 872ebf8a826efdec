"""Counts of final labels; photos about which people said something wait to be counted by the tick."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0025"
down_revision: str | None = "0024"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_LABELS = ("with_mask", "without_mask", "incorrect", "indeterminate", "not_labelled")
#: Until they are counted, rows have the counts of what was predicted.
_FILL = """
INSERT INTO final_count (
    job_photo_id, job_id, position, faces, with_mask, without_mask, incorrect, indeterminate, not_labelled,
    least_confidence
)
SELECT
    job_photo.id, job_photo.job_id, job_photo.position, faces, with_mask, without_mask, incorrect,
    indeterminate, 0, least_confidence
FROM job_photo
JOIN job ON job.id = job_photo.job_id
WHERE job_photo.state = 'done' AND job.detector_key IS NOT NULL AND job_photo.photo_id IN (
    SELECT photo_id FROM face WHERE detector_key = 'drawn' OR box_state IN ('removed', 'replaced')
    UNION SELECT face.photo_id FROM face JOIN decision ON decision.face_id = face.id
)
"""


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "final_count",
        sa.Column(
            "job_photo_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("job_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("faces", sa.Integer(), nullable=False),
        *(sa.Column(label, sa.Integer(), nullable=False) for label in _LABELS),
        sa.Column("least_confidence", sa.Double(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["job_photo_id"],
            ["job_photo.id"],
            name=op.f("fk_final_count_job_photo_id_job_photo"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["job_id"], ["job.id"], name=op.f("fk_final_count_job_id_job"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("job_photo_id", name=op.f("pk_final_count")),
        sa.UniqueConstraint("job_id", "position", name=op.f("uq_final_count_job_id_position")),
    )
    op.create_index("ix_final_count_job_id_changed_at", "final_count", ["job_id", "changed_at"])
    op.create_index(
        "ix_final_count_to_count",
        "final_count",
        ["job_photo_id"],
        sqlite_where=sa.text("changed_at IS NULL"),
        postgresql_where=sa.text("changed_at IS NULL"),
    )
    op.create_table(
        "final_sum",
        sa.Column(
            "job_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in (*_LABELS, "photos_without_face")),
        sa.ForeignKeyConstraint(
            ["job_id"], ["job.id"], name=op.f("fk_final_sum_job_id_job"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_final_sum")),
    )
    op.execute(_FILL)


def downgrade() -> None:
    """Undo."""
    op.drop_table("final_sum")
    op.drop_table("final_count")
