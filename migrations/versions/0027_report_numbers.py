"""Every writing of a report has a number; schedules may write earlier reports again."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0027"
down_revision: str | None = "0026"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("report") as report:
        report.add_column(sa.Column("number", sa.Integer(), server_default="1", nullable=False))
        report.add_column(
            sa.Column("names_people", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        report.add_column(sa.Column("read_at", sa.DateTime(timezone=True), nullable=True))
        report.drop_constraint("uq_report_job_id_format", type_="unique")
        report.create_unique_constraint("uq_report_job_id_format_number", ["job_id", "format", "number"])
    op.add_column(
        "schedule", sa.Column("renews_reports", sa.Boolean(), server_default=sa.false(), nullable=False)
    )


def downgrade() -> None:
    """Undo; only the newest writing of each report is kept."""
    op.drop_column("schedule", "renews_reports")
    op.execute(
        "DELETE FROM report WHERE EXISTS (SELECT 1 FROM report AS newer WHERE newer.job_id = report.job_id"
        " AND newer.format = report.format AND newer.number > report.number)"
    )
    with op.batch_alter_table("report") as report:
        report.drop_constraint("uq_report_job_id_format_number", type_="unique")
        report.create_unique_constraint("uq_report_job_id_format", ["job_id", "format"])
        report.drop_column("read_at")
        report.drop_column("names_people")
        report.drop_column("number")
