"""Embeddings of photos, and which photos were found to be similar by them."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "photo_embedding",
        sa.Column("photo_id", _BIG_KEY, autoincrement=False, nullable=False),
        sa.Column("network", sa.String(length=32), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=True),
        sa.Column("picture", sa.Double(), nullable=False),
        sa.Column("compared_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["photo_id"], ["photo.id"], name=op.f("fk_photo_embedding_photo_id_photo"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("photo_id", name=op.f("pk_photo_embedding")),
    )
    op.create_table(
        "similar_photos",
        sa.Column("first_photo_id", _BIG_KEY, autoincrement=False, nullable=False),
        sa.Column("second_photo_id", _BIG_KEY, autoincrement=False, nullable=False),
        sa.Column("cosine", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["first_photo_id"],
            ["photo.id"],
            name=op.f("fk_similar_photos_first_photo_id_photo"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["second_photo_id"],
            ["photo.id"],
            name=op.f("fk_similar_photos_second_photo_id_photo"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("first_photo_id", "second_photo_id", name=op.f("pk_similar_photos")),
    )
    op.create_index(op.f("ix_similar_photos_second_photo_id"), "similar_photos", ["second_photo_id"])


def downgrade() -> None:
    """Take back; photos that are in a group by it alone leave, and a group of one photo is none."""
    op.execute("UPDATE photo SET hidden = FALSE WHERE id IN (SELECT photo_id FROM duplicate_member WHERE likeness = 'similar')")
    op.execute("DELETE FROM duplicate_member WHERE likeness = 'similar'")
    op.execute(
        "UPDATE duplicate_group SET photos = (SELECT COUNT(*) FROM duplicate_member WHERE group_id = duplicate_group.id), "
        "similarity = (SELECT MIN(similarity) FROM duplicate_member WHERE group_id = duplicate_group.id)"
    )
    op.execute("DELETE FROM duplicate_member WHERE group_id IN (SELECT id FROM duplicate_group WHERE photos < 2)")
    op.execute("DELETE FROM duplicate_group WHERE photos < 2")
    op.drop_table("similar_photos")
    op.drop_table("photo_embedding")
