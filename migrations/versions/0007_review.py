"""Review queues, their items and actions, flags, gold faces, reviewers' days and agreement; roles."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_TEXT_ENUM = sa.String(length=32)
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "review_day",
        sa.Column("id", _BIG_KEY, nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("decided", sa.Integer(), nullable=False),
        sa.Column("milliseconds", sa.BigInteger(), nullable=False),
        sa.Column("undone", sa.Integer(), nullable=False),
        sa.Column("skipped", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_review_day_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_day")),
        sa.UniqueConstraint("account_id", "day", name=op.f("uq_review_day_account_id_day")),
    )
    op.create_table(
        "face_flag",
        sa.Column("id", _BIG_KEY, nullable=False),
        sa.Column("face_id", _BIG_KEY, nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("resolved_at", _TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_face_flag_account_id_account"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["face_id"], ["face.id"], name=op.f("fk_face_flag_face_id_face"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_face_flag")),
    )
    op.create_index(
        "uq_face_flag_open",
        "face_flag",
        ["face_id"],
        unique=True,
        sqlite_where=sa.text("resolved_at IS NULL"),
        postgresql_where=sa.text("resolved_at IS NULL"),
    )
    op.create_table(
        "gold_face",
        sa.Column("face_id", _BIG_KEY, autoincrement=False, nullable=False),
        sa.Column("label", _TEXT_ENUM, nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("created_at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_gold_face_account_id_account"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["face_id"], ["face.id"], name=op.f("fk_gold_face_face_id_face"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("face_id", name=op.f("pk_gold_face")),
    )
    op.create_table(
        "agreement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("faces", sa.Integer(), nullable=False),
        sa.Column("figures", _JSON, nullable=False),
        sa.Column("job_id", _BIG_KEY, nullable=True),
        sa.Column("created_at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"], ["job.id"], name=op.f("fk_agreement_job_id_job"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement")),
    )
    op.create_table(
        "review_queue",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("state", _TEXT_ENUM, nullable=False),
        sa.Column("options", _JSON, nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("job_id", _BIG_KEY, nullable=True),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.Column("items_decided", sa.Integer(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_review_queue_account_id_account"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["job_id"], ["job.id"], name=op.f("fk_review_queue_job_id_job"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_queue")),
    )
    op.create_index(op.f("ix_review_queue_job_id"), "review_queue", ["job_id"])
    op.create_table(
        "review_action",
        sa.Column("id", _BIG_KEY, nullable=False),
        sa.Column("key", sa.String(length=36), nullable=False),
        sa.Column("queue_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("outcome", sa.String(length=40), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_review_action_account_id_account"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["queue_id"],
            ["review_queue.id"],
            name=op.f("fk_review_action_queue_id_review_queue"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_action")),
        sa.UniqueConstraint("key", name=op.f("uq_review_action_key")),
    )
    op.create_index(op.f("ix_review_action_queue_id"), "review_action", ["queue_id"])
    op.create_table(
        "review_item",
        sa.Column("id", _BIG_KEY, nullable=False),
        sa.Column("queue_id", sa.Integer(), nullable=False),
        sa.Column("face_id", _BIG_KEY, nullable=False),
        sa.Column("seat", sa.Integer(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("reason", _TEXT_ENUM, nullable=False),
        sa.Column("second", sa.Boolean(), nullable=False),
        sa.Column("barred_first_id", sa.Integer(), nullable=True),
        sa.Column("barred_second_id", sa.Integer(), nullable=True),
        sa.Column("guess", _TEXT_ENUM, nullable=True),
        sa.Column("guess_score", sa.Double(), nullable=True),
        sa.Column("stack", sa.BigInteger(), nullable=True),
        sa.Column("state", _TEXT_ENUM, nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("holder", sa.String(length=36), nullable=True),
        sa.Column("lease_until", _TIME, nullable=True),
        sa.Column("decision_id", sa.BigInteger(), nullable=True),
        sa.Column("label", _TEXT_ENUM, nullable=True),
        sa.Column("decided_at", _TIME, nullable=True),
        sa.Column("milliseconds", sa.Integer(), nullable=True),
        sa.Column("page_key", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_review_item_account_id_account"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["barred_first_id"],
            ["account.id"],
            name=op.f("fk_review_item_barred_first_id_account"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["barred_second_id"],
            ["account.id"],
            name=op.f("fk_review_item_barred_second_id_account"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["face_id"], ["face.id"], name=op.f("fk_review_item_face_id_face"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["queue_id"],
            ["review_queue.id"],
            name=op.f("fk_review_item_queue_id_review_queue"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_item")),
        sa.UniqueConstraint("queue_id", "face_id", "seat", name=op.f("uq_review_item_queue_id_face_id_seat")),
    )
    op.create_index("ix_review_item_account", "review_item", ["account_id", "decided_at"])
    op.create_index(
        "ix_review_item_conflict",
        "review_item",
        ["id"],
        sqlite_where=sa.text("seat = 2"),
        postgresql_where=sa.text("seat = 2"),
    )
    op.create_index(op.f("ix_review_item_face_id"), "review_item", ["face_id"])
    op.create_index("ix_review_item_guess", "review_item", ["queue_id", "state", "guess", "guess_score"])
    op.create_index(
        "ix_review_item_lease",
        "review_item",
        ["lease_until"],
        sqlite_where=sa.text("state = 'leased'"),
        postgresql_where=sa.text("state = 'leased'"),
    )
    op.create_index(op.f("ix_review_item_page_key"), "review_item", ["page_key"])
    op.create_index(
        "ix_review_item_rank",
        "review_item",
        ["queue_id", "state", "rank", "barred_first_id", "barred_second_id"],
    )
    op.create_index("ix_review_item_stack", "review_item", ["queue_id", "stack"])
    # Whoever has an account so far may do everything.
    op.add_column("account", sa.Column("role", _TEXT_ENUM, nullable=False, server_default="lead"))


def downgrade() -> None:
    """Take back."""
    # Indexes go with their tables.
    for table in (
        "review_item",
        "review_action",
        "review_queue",
        "agreement",
        "gold_face",
        "face_flag",
        "review_day",
    ):
        op.drop_table(table)
    with op.batch_alter_table("account") as account:
        account.drop_column("role")
