"""Box edits, what a person said of a box, and photos whose faces are all boxed."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_TEXT_ENUM = sa.String(length=32)
_BOXED = sa.text("boxed_at IS NOT NULL")
_DRAWN = sa.text("detector_key = 'drawn'")


def upgrade() -> None:
    """Apply."""
    op.add_column("face", sa.Column("box_state", _TEXT_ENUM, nullable=True))
    op.add_column("photo", sa.Column("boxed_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_photo_boxed", "photo", ["id"], sqlite_where=_BOXED, postgresql_where=_BOXED)
    op.create_index("ix_face_drawn", "face", ["photo_id"], sqlite_where=_DRAWN, postgresql_where=_DRAWN)
    op.create_table(
        "box_edit",
        sa.Column("id", _BIG_KEY, nullable=False),
        sa.Column("key", sa.String(length=36), nullable=False),
        sa.Column("photo_id", _BIG_KEY, nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("kind", _TEXT_ENUM, nullable=False),
        sa.Column("face_id", _BIG_KEY, nullable=True),
        sa.Column("replaced_id", _BIG_KEY, nullable=True),
        sa.Column("decision_id", _BIG_KEY, nullable=True),
        sa.Column("states", _JSON, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        _key("photo_id", "photo", "CASCADE"),
        _key("account_id", "account", "SET NULL"),
        _key("face_id", "face", "CASCADE"),
        _key("replaced_id", "face", "CASCADE"),
        _key("decision_id", "decision", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_box_edit")),
        sa.UniqueConstraint("key", name=op.f("uq_box_edit_key")),
    )
    op.create_index("ix_box_edit_photo_id_id", "box_edit", ["photo_id", "id"])
    for name in ("account_id", "face_id", "replaced_id", "decision_id"):
        op.create_index(op.f(f"ix_box_edit_{name}"), "box_edit", [name])


def _key(column: str, target: str, on_delete: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_box_edit_{column}_{target}")
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name, ondelete=on_delete)


def downgrade() -> None:
    """Take back."""
    # Indexes go with their tables.
    op.drop_table("box_edit")
    op.drop_index("ix_face_drawn", "face")
    op.drop_index("ix_photo_boxed", "photo")
    op.drop_column("photo", "boxed_at")
    op.drop_column("face", "box_state")
