"""Duplicate groups, and what photos need for them."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TEXT_ENUM = sa.String(length=32)


def upgrade() -> None:
    """Apply."""
    op.add_column("photo", sa.Column("pixel_hash", sa.String(length=64), nullable=True))
    op.add_column("photo", sa.Column("compared_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("photo", sa.Column("hidden", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index(op.f("ix_photo_pixel_hash"), "photo", ["pixel_hash"])
    for name, condition in (("not_hashed", "phash IS NULL"), ("not_compared", "compared_at IS NULL")):
        where = sa.text(condition)
        op.create_index(f"ix_photo_{name}", "photo", ["id"], sqlite_where=where, postgresql_where=where)
    _create_groups()
    _create_members()
    _create_not_same()


def _create_groups() -> None:
    op.create_table(
        "duplicate_group",
        sa.Column("id", _BIG_KEY, nullable=False),
        sa.Column("kept_photo_id", _BIG_KEY, nullable=False),
        sa.Column("state", _TEXT_ENUM, nullable=False),
        sa.Column("settled", sa.Boolean(), nullable=False),
        sa.Column("photos", sa.Integer(), nullable=False),
        sa.Column("similarity", sa.Double(), nullable=False),
        sa.Column("acceptance", sa.String(length=32), nullable=True),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("job_id", _BIG_KEY, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_duplicate_group_account_id_account"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["job_id"], ["job.id"], name=op.f("fk_duplicate_group_job_id_job"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["kept_photo_id"],
            ["photo.id"],
            name=op.f("fk_duplicate_group_kept_photo_id_photo"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duplicate_group")),
    )
    op.create_index(
        "ix_duplicate_group_state_similarity", "duplicate_group", ["state", "similarity", "id"]
    )
    op.create_index("ix_duplicate_group_state_decided", "duplicate_group", ["state", "decided_at", "id"])
    for column in ("kept_photo_id", "acceptance", "job_id"):
        op.create_index(op.f(f"ix_duplicate_group_{column}"), "duplicate_group", [column])


def _create_members() -> None:
    op.create_table(
        "duplicate_member",
        sa.Column("photo_id", _BIG_KEY, autoincrement=False, nullable=False),
        sa.Column("group_id", _BIG_KEY, nullable=False),
        sa.Column("likeness", _TEXT_ENUM, nullable=False),
        sa.Column("phash_distance", sa.Integer(), nullable=False),
        sa.Column("dhash_distance", sa.Integer(), nullable=False),
        sa.Column("similarity", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["duplicate_group.id"],
            name=op.f("fk_duplicate_member_group_id_duplicate_group"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["photo_id"], ["photo.id"], name=op.f("fk_duplicate_member_photo_id_photo"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("photo_id", name=op.f("pk_duplicate_member")),
    )
    op.create_index(op.f("ix_duplicate_member_group_id"), "duplicate_member", ["group_id"])


def _create_not_same() -> None:
    op.create_table(
        "not_same",
        sa.Column("first_photo_id", _BIG_KEY, autoincrement=False, nullable=False),
        sa.Column("second_photo_id", _BIG_KEY, autoincrement=False, nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_not_same_account_id_account"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["first_photo_id"],
            ["photo.id"],
            name=op.f("fk_not_same_first_photo_id_photo"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["second_photo_id"],
            ["photo.id"],
            name=op.f("fk_not_same_second_photo_id_photo"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("first_photo_id", "second_photo_id", name=op.f("pk_not_same")),
    )
    op.create_index(op.f("ix_not_same_second_photo_id"), "not_same", ["second_photo_id"])


def downgrade() -> None:
    """Take back; indexes go with their tables."""
    for table in ("not_same", "duplicate_member", "duplicate_group"):
        op.drop_table(table)
    for name in ("not_compared", "not_hashed", "pixel_hash"):
        op.drop_index(f"ix_photo_{name}", table_name="photo")
    for column in ("hidden", "compared_at", "pixel_hash"):
        op.drop_column("photo", column)
