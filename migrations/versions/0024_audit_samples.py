"""Audit samples of a job's faces and photos, and targets of shares."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0024"
down_revision: str | None = "0023"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Apply."""
    op.create_table("share_target",
    sa.Column("job_id", _KEY, nullable=False),
    sa.Column("label", sa.String(length=32), nullable=False),
    sa.Column("at_least", sa.Double(), nullable=False),
    sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_share_target_job_id_job"), ondelete="CASCADE"),
    sa.PrimaryKeyConstraint("job_id", name=op.f("pk_share_target"))
    )
    op.create_table("audit_sample",
    sa.Column("id", sa.Integer(), nullable=False),
    sa.Column("job_id", _KEY, nullable=False),
    sa.Column("classifier_version_id", sa.Integer(), nullable=False),
    sa.Column("queue_id", sa.Integer(), nullable=True),
    sa.Column("account_id", sa.Integer(), nullable=True),
    sa.Column("draw_job_id", _KEY, nullable=True),
    sa.Column("seed", sa.BigInteger(), nullable=False),
    sa.Column("faces", sa.Integer(), nullable=False),
    sa.Column("photos", sa.Integer(), nullable=False),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=True),
    sa.Column("decisions_until", sa.BigInteger(), nullable=False),
    sa.Column("faces_until", sa.BigInteger(), nullable=False),
    sa.Column("counted_at", sa.DateTime(timezone=True), nullable=True),
    sa.Column("photos_done", sa.Integer(), nullable=False),
    sa.Column("photos_removed", sa.Integer(), nullable=False),
    sa.Column("decided", _JSON, nullable=False),
    sa.Column("left_out", _JSON, nullable=False),
    sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_audit_sample_account_id_account"), ondelete="SET NULL"),
    sa.ForeignKeyConstraint(["classifier_version_id"], ["classifier_version.id"], name=op.f("fk_audit_sample_classifier_version_id_classifier_version")),
    sa.ForeignKeyConstraint(["draw_job_id"], ["job.id"], name=op.f("fk_audit_sample_draw_job_id_job"), ondelete="SET NULL"),
    sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_audit_sample_job_id_job"), ondelete="CASCADE"),
    sa.ForeignKeyConstraint(["queue_id"], ["review_queue.id"], name=op.f("fk_audit_sample_queue_id_review_queue"), ondelete="SET NULL"),
    sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_sample"))
    )
    op.create_index(op.f("ix_audit_sample_draw_job_id"), "audit_sample", ["draw_job_id"], unique=False)
    op.create_index(op.f("ix_audit_sample_job_id"), "audit_sample", ["job_id"], unique=False)
    op.create_index(op.f("ix_audit_sample_queue_id"), "audit_sample", ["queue_id"], unique=False)
    op.create_table("audit_face",
    sa.Column("id", _KEY, nullable=False),
    sa.Column("sample_id", sa.Integer(), nullable=False),
    sa.Column("face_id", _KEY, nullable=False),
    sa.Column("position", sa.Integer(), nullable=False),
    sa.Column("stratum", sa.String(length=40), nullable=False),
    sa.Column("predicted", sa.String(length=32), nullable=False),
    sa.Column("sureness", sa.Double(), nullable=False),
    sa.Column("place", sa.Integer(), nullable=False),
    sa.Column("rank", sa.Integer(), nullable=False),
    sa.Column("chance", sa.Double(), nullable=False),
    sa.ForeignKeyConstraint(["face_id"], ["face.id"], name=op.f("fk_audit_face_face_id_face"), ondelete="CASCADE"),
    sa.ForeignKeyConstraint(["sample_id"], ["audit_sample.id"], name=op.f("fk_audit_face_sample_id_audit_sample"), ondelete="CASCADE"),
    sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_face")),
    sa.UniqueConstraint("sample_id", "position", "face_id", name=op.f("uq_audit_face_sample_id_position_face_id"))
    )
    op.create_index(op.f("ix_audit_face_face_id"), "audit_face", ["face_id"], unique=False)
    op.create_index("ix_audit_face_sample_id_rank", "audit_face", ["sample_id", "rank"], unique=False)
    op.create_table("audit_photo",
    sa.Column("id", _KEY, nullable=False),
    sa.Column("sample_id", sa.Integer(), nullable=False),
    sa.Column("photo_id", _KEY, nullable=False),
    sa.Column("position", sa.Integer(), nullable=False),
    sa.Column("place", sa.Integer(), nullable=False),
    sa.Column("chance", sa.Double(), nullable=False),
    sa.ForeignKeyConstraint(["photo_id"], ["photo.id"], name=op.f("fk_audit_photo_photo_id_photo"), ondelete="CASCADE"),
    sa.ForeignKeyConstraint(["sample_id"], ["audit_sample.id"], name=op.f("fk_audit_photo_sample_id_audit_sample"), ondelete="CASCADE"),
    sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_photo")),
    sa.UniqueConstraint("sample_id", "photo_id", name=op.f("uq_audit_photo_sample_id_photo_id"))
    )
    op.create_index(op.f("ix_audit_photo_photo_id"), "audit_photo", ["photo_id"], unique=False)
    op.create_table("audit_stratum",
    sa.Column("id", _KEY, nullable=False),
    sa.Column("sample_id", sa.Integer(), nullable=False),
    sa.Column("name", sa.String(length=40), nullable=False),
    sa.Column("predicted", sa.String(length=32), nullable=False),
    sa.Column("sure_from", sa.Double(), nullable=False),
    sa.Column("sure_below", sa.Double(), nullable=False),
    sa.Column("faces", sa.Integer(), nullable=False),
    sa.Column("drawn", sa.Integer(), nullable=False),
    sa.Column("confidence", sa.Double(), nullable=False),
    sa.ForeignKeyConstraint(["sample_id"], ["audit_sample.id"], name=op.f("fk_audit_stratum_sample_id_audit_sample"), ondelete="CASCADE"),
    sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_stratum")),
    sa.UniqueConstraint("sample_id", "name", name=op.f("uq_audit_stratum_sample_id_name"))
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("audit_stratum")
    op.drop_index(op.f("ix_audit_photo_photo_id"), table_name="audit_photo")
    op.drop_table("audit_photo")
    op.drop_index("ix_audit_face_sample_id_rank", table_name="audit_face")
    op.drop_index(op.f("ix_audit_face_face_id"), table_name="audit_face")
    op.drop_table("audit_face")
    op.drop_index(op.f("ix_audit_sample_queue_id"), table_name="audit_sample")
    op.drop_index(op.f("ix_audit_sample_job_id"), table_name="audit_sample")
    op.drop_index(op.f("ix_audit_sample_draw_job_id"), table_name="audit_sample")
    op.drop_table("audit_sample")
    op.drop_table("share_target")
