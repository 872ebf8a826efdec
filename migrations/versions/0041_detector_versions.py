"""Versions of the face detector that were trained here, and the history of which finds the faces."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0041"
down_revision: str | None = "0040"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_TIME = sa.DateTime(timezone=True)
_JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "detector_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.Column("champion", sa.Boolean(), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("card", _JSON, nullable=False),
        sa.Column("evaluation", _JSON, nullable=True),
        sa.Column("created_at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["detector_version.id"], name=op.f("fk_detector_version_parent_id_detector_version")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_detector_version")),
        sa.UniqueConstraint("sha256", name=op.f("uq_detector_version_sha256")),
    )
    op.create_index(
        "uq_detector_version_champion",
        "detector_version",
        ["champion"],
        unique=True,
        sqlite_where=sa.text("champion"),
        postgresql_where=sa.text("champion"),
    )
    _create_promotions()
    with op.batch_alter_table("job") as table:
        table.add_column(sa.Column("detector_version_id", sa.Integer(), nullable=True))
        table.create_foreign_key(
            op.f("fk_job_detector_version_id_detector_version"),
            "detector_version",
            ["detector_version_id"],
            ["id"],
        )


def _create_promotions() -> None:
    op.create_table(
        "detector_promotion",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("detector_version_id", sa.Integer(), nullable=True),
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
        sa.Column("created_at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_detector_promotion_account_id_account"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["detector_version_id"],
            ["detector_version.id"],
            name=op.f("fk_detector_promotion_detector_version_id_detector_version"),
        ),
        sa.ForeignKeyConstraint(
            ["previous_id"],
            ["detector_version.id"],
            name=op.f("fk_detector_promotion_previous_id_detector_version"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_detector_promotion")),
    )
    op.create_index(
        op.f("ix_detector_promotion_detector_version_id"), "detector_promotion", ["detector_version_id"]
    )


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("job") as table:
        table.drop_constraint(op.f("fk_job_detector_version_id_detector_version"), type_="foreignkey")
        table.drop_column("detector_version_id")
    op.drop_table("detector_promotion")
    op.drop_table("detector_version")
