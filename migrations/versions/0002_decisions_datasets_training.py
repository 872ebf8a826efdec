"""Decisions, datasets, and what training and promotion need."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_FACE_COLUMNS = {
    "blur": sa.Double(),
    "brightness": sa.Double(),
    "phash": sa.BigInteger(),
    "dhash": sa.BigInteger(),
}
_PHOTO_COLUMNS = {"phash": sa.BigInteger(), "dhash": sa.BigInteger(), "taken_at": sa.String(length=32)}
_KEYS = {
    "photo": ["split_group_id"],
    "job": ["dataset_id"],
    "classifier_version": ["dataset_id", "parent_id"],
}


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "split_group",
        sa.Column("id", _BIG_KEY, nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column(
            "split",
            sa.Enum("train", "validation", "test", name="split", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_split_group")),
        sa.UniqueConstraint("key", name=op.f("uq_split_group_key")),
    )
    op.create_table(
        "dataset",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("content_sha256", sa.String(length=64), nullable=False),
        sa.Column("options", _JSON, nullable=False),
        sa.Column("faces", sa.Integer(), nullable=False),
        sa.Column("photos", sa.Integer(), nullable=False),
        sa.Column("counts", _JSON, nullable=False),
        sa.Column("licences", _JSON, nullable=False),
        sa.Column("faces_removed", sa.Integer(), nullable=False),
        sa.Column("pinned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_dataset_account_id_account"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dataset")),
        sa.UniqueConstraint("content_sha256", name=op.f("uq_dataset_content_sha256")),
    )
    op.create_table(
        "evaluation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("classifier_version_id", sa.Integer(), nullable=False),
        sa.Column("dataset_id", sa.Integer(), nullable=False),
        sa.Column("faces", sa.Integer(), nullable=False),
        sa.Column("figures", _JSON, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["classifier_version_id"],
            ["classifier_version.id"],
            name=op.f("fk_evaluation_classifier_version_id_classifier_version"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["dataset_id"], ["dataset.id"], name=op.f("fk_evaluation_dataset_id_dataset")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation")),
        sa.UniqueConstraint(
            "classifier_version_id", "dataset_id", name=op.f("uq_evaluation_classifier_version_id_dataset_id")
        ),
    )
    op.create_index(op.f("ix_evaluation_dataset_id"), "evaluation", ["dataset_id"], unique=False)

    op.create_table(
        "promotion",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("classifier_version_id", sa.Integer(), nullable=False),
        sa.Column("previous_id", sa.Integer(), nullable=True),
        sa.Column(
            "kind",
            sa.Enum(
                "installed",
                "person",
                "gate",
                "overruled",
                "rollback",
                name="promotionkind",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("gate", _JSON, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_promotion_account_id_account"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["classifier_version_id"],
            ["classifier_version.id"],
            name=op.f("fk_promotion_classifier_version_id_classifier_version"),
        ),
        sa.ForeignKeyConstraint(
            ["previous_id"],
            ["classifier_version.id"],
            name=op.f("fk_promotion_previous_id_classifier_version"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promotion")),
    )
    op.create_index(
        op.f("ix_promotion_classifier_version_id"), "promotion", ["classifier_version_id"], unique=False
    )

    op.create_table(
        "version_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("classifier_version_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "keras",
                "litert",
                "litert_int8",
                "onnx",
                "correction",
                "card",
                name="versionfilekind",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["classifier_version_id"],
            ["classifier_version.id"],
            name=op.f("fk_version_file_classifier_version_id_classifier_version"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_version_file")),
        sa.UniqueConstraint(
            "classifier_version_id", "kind", name=op.f("uq_version_file_classifier_version_id_kind")
        ),
    )
    op.create_table(
        "decision",
        sa.Column("id", _BIG_KEY, nullable=False),
        sa.Column("face_id", _BIG_KEY, nullable=False),
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
            nullable=True,
        ),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("queue", sa.String(length=40), nullable=False),
        sa.Column("job_id", _BIG_KEY, nullable=True),
        sa.Column("milliseconds", sa.Integer(), nullable=True),
        sa.Column("mask_kind", sa.String(length=40), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_decision_account_id_account"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["face_id"], ["face.id"], name=op.f("fk_decision_face_id_face"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["job_id"], ["job.id"], name=op.f("fk_decision_job_id_job"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
    )
    op.create_index(op.f("ix_decision_account_id"), "decision", ["account_id"], unique=False)
    op.create_index("ix_decision_face_id_id", "decision", ["face_id", "id"], unique=False)
    op.create_index(op.f("ix_decision_job_id"), "decision", ["job_id"], unique=False)

    op.create_table(
        "training_epoch",
        sa.Column("id", _BIG_KEY, nullable=False),
        sa.Column("job_id", _BIG_KEY, nullable=False),
        sa.Column(
            "stage",
            sa.Enum("head", "fine_tune", name="trainingstage", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("loss", sa.Double(), nullable=False),
        sa.Column("accuracy", sa.Double(), nullable=False),
        sa.Column("validation_loss", sa.Double(), nullable=False),
        sa.Column("validation_accuracy", sa.Double(), nullable=False),
        sa.Column("validation_macro_f1", sa.Double(), nullable=False),
        sa.Column("rate", sa.Double(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"], ["job.id"], name=op.f("fk_training_epoch_job_id_job"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_epoch")),
        sa.UniqueConstraint("job_id", "stage", "number", name=op.f("uq_training_epoch_job_id_stage_number")),
    )
    op.create_table(
        "dataset_face",
        sa.Column("dataset_id", sa.Integer(), nullable=False),
        sa.Column("face_id", _BIG_KEY, nullable=False),
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
        sa.Column(
            "split",
            sa.Enum("train", "validation", "test", name="split", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("decision_id", _BIG_KEY, nullable=True),
        sa.ForeignKeyConstraint(
            ["dataset_id"],
            ["dataset.id"],
            name=op.f("fk_dataset_face_dataset_id_dataset"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["decision_id"],
            ["decision.id"],
            name=op.f("fk_dataset_face_decision_id_decision"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["face_id"], ["face.id"], name=op.f("fk_dataset_face_face_id_face"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("dataset_id", "face_id", name=op.f("pk_dataset_face")),
    )
    op.create_index("ix_dataset_face_dataset_id_split", "dataset_face", ["dataset_id", "split"], unique=False)
    op.create_index(op.f("ix_dataset_face_face_id"), "dataset_face", ["face_id"], unique=False)

    _add_key("classifier_version", "parent_id", sa.Integer(), "classifier_version")
    _add_key("classifier_version", "dataset_id", sa.Integer(), "dataset")
    for name, kind in _FACE_COLUMNS.items():
        op.add_column("face", sa.Column(name, kind, nullable=True))
    _add_key("job", "dataset_id", sa.Integer(), "dataset")
    op.add_column("job", sa.Column("steps_found", sa.Integer(), server_default="0", nullable=False))
    op.add_column("job", sa.Column("steps_done", sa.Integer(), server_default="0", nullable=False))
    op.add_column("job_photo", sa.Column("truth", _JSON, nullable=True))
    for name, kind in _PHOTO_COLUMNS.items():
        op.add_column("photo", sa.Column(name, kind, nullable=True))
    _add_key("photo", "split_group_id", _BIG_KEY, "split_group")
    op.create_index(op.f("ix_photo_split_group_id"), "photo", ["split_group_id"], unique=False)


def _add_key(table: str, name: str, kind: sa.types.TypeEngine, target: str) -> None:
    """Add a nullable foreign key; SQLite takes one only together with its column, else it copies the table."""
    key = sa.ForeignKey(f"{target}.id", name=op.f(f"fk_{table}_{name}_{target}"))
    sqlite = op.get_bind().dialect.name == "sqlite"
    op.add_column(table, sa.Column(name, kind, key, nullable=True), inline_references=sqlite)


def downgrade() -> None:
    """Take back."""
    op.drop_index(op.f("ix_photo_split_group_id"), "photo")
    for table, names in _KEYS.items():
        with op.batch_alter_table(table) as batch:
            for name in names:
                batch.drop_column(name)
    for name in _PHOTO_COLUMNS:
        op.drop_column("photo", name)
    op.drop_column("job_photo", "truth")
    op.drop_column("job", "steps_done")
    op.drop_column("job", "steps_found")
    for name in _FACE_COLUMNS:
        op.drop_column("face", name)
    # Indexes go with their tables.
    op.drop_table("dataset_face")
    op.drop_table("training_epoch")
    op.drop_table("decision")
    op.drop_table("version_file")
    op.drop_table("promotion")
    op.drop_table("evaluation")
    op.drop_table("dataset")
    op.drop_table("split_group")
