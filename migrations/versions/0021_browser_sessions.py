"""Browser sessions as rows, and links that end with the next start."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0021"
down_revision: str | None = "0020"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Apply; every browser signs in again."""
    op.create_table(
        "browser_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_browser_session_account_id_account"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_browser_session")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_browser_session_token_sha256")),
    )
    op.create_index(op.f("ix_browser_session_account_id"), "browser_session", ["account_id"])
    op.add_column(
        "sign_in_link", sa.Column("of_start", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.drop_column("account", "session_salt")


def downgrade() -> None:
    """Undo; every browser signs in again."""
    op.add_column(
        "account", sa.Column("session_salt", sa.String(length=32), server_default="", nullable=False)
    )
    op.drop_column("sign_in_link", "of_start")
    op.drop_index(op.f("ix_browser_session_account_id"), table_name="browser_session")
    op.drop_table("browser_session")
