"""Schedules that wait for new photos in a folder."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0032"
down_revision: str | None = "0031"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("schedule") as schedule:
        schedule.add_column(
            sa.Column("trigger", sa.String(32), server_default="times", nullable=False)
        )
        schedule.alter_column("next_at", existing_type=sa.DateTime(timezone=True), nullable=True)
    op.create_table(
        "folder_watch",
        sa.Column("schedule_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("options", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("problem_code", sa.String(64), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("method", sa.String(32), nullable=True),
        sa.Column("method_note", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("look_seconds", sa.Double(), nullable=True),
        sa.Column("photos_seen", sa.Integer(), nullable=False),
        sa.Column("growing", sa.Integer(), nullable=False),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.Column("photos_taken", sa.BigInteger(), nullable=False),
        sa.Column("last_taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("schedule_id", name="pk_folder_watch"),
        sa.ForeignKeyConstraint(
            ["schedule_id"], ["schedule.id"], name="fk_folder_watch_schedule_id_schedule", ondelete="CASCADE"
        ),
    )
    op.create_table(
        "taken_file",
        sa.Column("schedule_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(16), nullable=False),
        sa.PrimaryKeyConstraint("schedule_id", "fingerprint", name="pk_taken_file"),
        sa.ForeignKeyConstraint(
            ["schedule_id"], ["schedule.id"], name="fk_taken_file_schedule_id_schedule", ondelete="CASCADE"
        ),
    )


def downgrade() -> None:
    """Undo; schedules that wait for photos go."""
    op.drop_table("taken_file")
    op.drop_table("folder_watch")
    op.execute("DELETE FROM schedule_run WHERE schedule_id IN (SELECT id FROM schedule WHERE next_at IS NULL)")
    op.execute("DELETE FROM schedule WHERE next_at IS NULL")
    with op.batch_alter_table("schedule") as schedule:
        schedule.alter_column("next_at", existing_type=sa.DateTime(timezone=True), nullable=False)
        schedule.drop_column("trigger")
