"""The first tables."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("password_hash", sa.String(length=256), nullable=True),
        sa.Column("session_salt", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("name", name=op.f("uq_account_name")),
    )
    op.create_table(
        "classifier_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("champion", sa.Boolean(), nullable=False),
        sa.Column("card", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_classifier_version")),
        sa.UniqueConstraint("sha256", name=op.f("uq_classifier_version_sha256")),
    )
    op.create_index(
        "uq_classifier_version_champion",
        "classifier_version",
        ["champion"],
        unique=True,
        sqlite_where=sa.text("champion"),
        postgresql_where=sa.text("champion"),
    )

    op.create_table(
        "photo",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("format", sa.String(length=16), nullable=False),
        sa.Column("frames", sa.Integer(), nullable=False),
        sa.Column("stored", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_photo")),
        sa.UniqueConstraint("sha256", name=op.f("uq_photo_sha256")),
    )
    op.create_table(
        "extraction",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("photo_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("detector_key", sa.String(length=80), nullable=False),
        sa.Column("faces", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["photo_id"], ["photo.id"], name=op.f("fk_extraction_photo_id_photo"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_extraction")),
        sa.UniqueConstraint("photo_id", "detector_key", name=op.f("uq_extraction_photo_id_detector_key")),
    )
    op.create_table(
        "face",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("photo_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("detector_key", sa.String(length=80), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("x1", sa.Double(), nullable=False),
        sa.Column("y1", sa.Double(), nullable=False),
        sa.Column("x2", sa.Double(), nullable=False),
        sa.Column("y2", sa.Double(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("landmarks", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["photo_id"], ["photo.id"], name=op.f("fk_face_photo_id_photo"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_face")),
        sa.UniqueConstraint(
            "photo_id", "detector_key", "ordinal", name=op.f("uq_face_photo_id_detector_key_ordinal")
        ),
    )
    op.create_table(
        "job",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.Enum("predict", name="jobkind", native_enum=False, length=32), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "running",
                "paused",
                "done",
                "cancelled",
                "failed",
                name="jobstate",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("options", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("classifier_version_id", sa.Integer(), nullable=True),
        sa.Column("detector_key", sa.String(length=80), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_claim_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error_code", sa.String(length=64), nullable=True),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column(
            "stage",
            sa.Enum("list", "predict", "report", name="batchkind", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.Column("photos_found", sa.Integer(), nullable=False),
        sa.Column("photos_done", sa.Integer(), nullable=False),
        sa.Column("photos_failed", sa.Integer(), nullable=False),
        sa.Column("photos_without_face", sa.Integer(), nullable=False),
        sa.Column("files_ignored", sa.Integer(), nullable=False),
        sa.Column("faces_with_mask", sa.Integer(), nullable=False),
        sa.Column("faces_without_mask", sa.Integer(), nullable=False),
        sa.Column("faces_incorrect", sa.Integer(), nullable=False),
        sa.Column("faces_indeterminate", sa.Integer(), nullable=False),
        sa.Column("batches_open", sa.Integer(), nullable=False),
        sa.Column("batches_quarantined", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_job_account_id_account"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["classifier_version_id"],
            ["classifier_version.id"],
            name=op.f("fk_job_classifier_version_id_classifier_version"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
    )
    op.create_index("ix_job_state_last_claim_at", "job", ["state", "last_claim_at"], unique=False)

    op.create_table(
        "sign_in_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("secret_sha256", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_sign_in_link_account_id_account"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_link")),
        sa.UniqueConstraint("secret_sha256", name=op.f("uq_sign_in_link_secret_sha256")),
    )
    op.create_table(
        "upload",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("token", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_upload_account_id_account"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload")),
        sa.UniqueConstraint("token", name=op.f("uq_upload_token")),
    )
    op.create_table(
        "batch",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("job_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("list", "predict", "report", name="batchkind", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("first_position", sa.Integer(), nullable=True),
        sa.Column("last_position", sa.Integer(), nullable=True),
        sa.Column("payload", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "leased",
                "done",
                "quarantined",
                "cancelled",
                name="batchstate",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("token", sa.String(length=32), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("worker", sa.String(length=128), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error_code", sa.String(length=64), nullable=True),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_batch_job_id_job"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch")),
        sa.UniqueConstraint("job_id", "kind", "sequence", name=op.f("uq_batch_job_id_kind_sequence")),
    )
    op.create_index("ix_batch_job_id_finished_at", "batch", ["job_id", "finished_at"], unique=False)
    op.create_index(
        "ix_batch_job_id_state_not_before", "batch", ["job_id", "state", "not_before"], unique=False
    )
    op.create_index("ix_batch_state_lease_until", "batch", ["state", "lease_until"], unique=False)

    op.create_table(
        "job_event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("job_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "level",
            sa.Enum("info", "warning", "error", name="eventlevel", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("event", sa.String(length=64), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"], ["job.id"], name=op.f("fk_job_event_job_id_job"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_event")),
    )
    op.create_index(op.f("ix_job_event_job_id"), "job_event", ["job_id"], unique=False)

    op.create_table(
        "job_photo",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("job_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("locator", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("stored_sha256", sa.String(length=64), nullable=True),
        sa.Column(
            "state",
            sa.Enum("waiting", "done", "failed", name="jobphotostate", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("photo_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("error_code", sa.String(length=64), nullable=True),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column("faces", sa.Integer(), nullable=False),
        sa.Column("with_mask", sa.Integer(), nullable=False),
        sa.Column("without_mask", sa.Integer(), nullable=False),
        sa.Column("incorrect", sa.Integer(), nullable=False),
        sa.Column("indeterminate", sa.Integer(), nullable=False),
        sa.Column("least_confidence", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(
            ["job_id"], ["job.id"], name=op.f("fk_job_photo_job_id_job"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["photo_id"], ["photo.id"], name=op.f("fk_job_photo_photo_id_photo")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_photo")),
        sa.UniqueConstraint("job_id", "position", name=op.f("uq_job_photo_job_id_position")),
    )
    op.create_index(
        "ix_job_photo_failed",
        "job_photo",
        ["job_id", "position"],
        unique=False,
        sqlite_where=sa.text("state = 'failed'"),
        postgresql_where=sa.text("state = 'failed'"),
    )
    op.create_index(
        "ix_job_photo_incorrect",
        "job_photo",
        ["job_id", "position"],
        unique=False,
        sqlite_where=sa.text("incorrect > 0"),
        postgresql_where=sa.text("incorrect > 0"),
    )
    op.create_index(
        "ix_job_photo_indeterminate",
        "job_photo",
        ["job_id", "position"],
        unique=False,
        sqlite_where=sa.text("indeterminate > 0"),
        postgresql_where=sa.text("indeterminate > 0"),
    )
    op.create_index(
        "ix_job_photo_no_face",
        "job_photo",
        ["job_id", "position"],
        unique=False,
        sqlite_where=sa.text("state = 'done' AND faces = 0"),
        postgresql_where=sa.text("state = 'done' AND faces = 0"),
    )
    op.create_index(op.f("ix_job_photo_photo_id"), "job_photo", ["photo_id"], unique=False)
    op.create_index(
        "ix_job_photo_with_mask",
        "job_photo",
        ["job_id", "position"],
        unique=False,
        sqlite_where=sa.text("with_mask > 0"),
        postgresql_where=sa.text("with_mask > 0"),
    )
    op.create_index(
        "ix_job_photo_without_mask",
        "job_photo",
        ["job_id", "position"],
        unique=False,
        sqlite_where=sa.text("without_mask > 0"),
        postgresql_where=sa.text("without_mask > 0"),
    )

    op.create_table(
        "prediction",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("face_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("classifier_version_id", sa.Integer(), nullable=False),
        sa.Column(
            "label",
            sa.Enum(
                "with_mask",
                "without_mask",
                "incorrect",
                "not_a_face",
                name="label",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("with_mask", sa.Double(), nullable=False),
        sa.Column("without_mask", sa.Double(), nullable=False),
        sa.Column("incorrect", sa.Double(), nullable=False),
        sa.Column("not_a_face", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["classifier_version_id"],
            ["classifier_version.id"],
            name=op.f("fk_prediction_classifier_version_id_classifier_version"),
        ),
        sa.ForeignKeyConstraint(
            ["face_id"], ["face.id"], name=op.f("fk_prediction_face_id_face"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prediction")),
        sa.UniqueConstraint(
            "face_id", "classifier_version_id", name=op.f("uq_prediction_face_id_classifier_version_id")
        ),
    )
    op.create_table(
        "report",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("job_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "format",
            sa.Enum(
                "faces.csv",
                "photos.csv",
                "report.jsonl",
                "faces.parquet",
                "photos.parquet",
                "report.html",
                "annotated.zip",
                name="reportformat",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum("waiting", "ready", "failed", name="reportstate", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("path", sa.String(length=255), nullable=True),
        sa.Column("bytes", sa.BigInteger(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["job_id"], ["job.id"], name=op.f("fk_report_job_id_job"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report")),
        sa.UniqueConstraint("job_id", "format", name=op.f("uq_report_job_id_format")),
    )
    op.create_table(
        "source",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("photo_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("folder", "upload", name="sourcekind", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("location", sa.LargeBinary(), nullable=False),
        sa.Column("location_sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("job_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"], ["job.id"], name=op.f("fk_source_job_id_job"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["photo_id"], ["photo.id"], name=op.f("fk_source_photo_id_photo"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source")),
    )
    op.create_index(op.f("ix_source_job_id"), "source", ["job_id"], unique=False)
    op.create_index("uq_source_place", "source", ["photo_id", "kind", "location_sha256"], unique=True)

    op.create_table(
        "upload_file",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("upload_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("locator", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("error_code", sa.String(length=64), nullable=True),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["upload_id"], ["upload.id"], name=op.f("fk_upload_file_upload_id_upload"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload_file")),
        sa.UniqueConstraint("upload_id", "ordinal", name=op.f("uq_upload_file_upload_id_ordinal")),
    )


def downgrade() -> None:
    """Take back."""
    # Indexes go with their tables.
    op.drop_table("upload_file")
    op.drop_table("source")
    op.drop_table("report")
    op.drop_table("prediction")
    op.drop_table("job_photo")
    op.drop_table("job_event")
    op.drop_table("batch")
    op.drop_table("upload")
    op.drop_table("sign_in_link")
    op.drop_table("job")
    op.drop_table("face")
    op.drop_table("extraction")
    op.drop_table("photo")
    op.drop_table("classifier_version")
    op.drop_table("account")
