"""Evaluate jobs have a stage of their kind's name, trainings end with `compare`; follow-ups are named."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_JOB = sa.table(
    "job", sa.column("id"), sa.column("kind"), sa.column("stage"), sa.column("options", _JSON)
)
_SCHEDULE = sa.table("schedule", sa.column("id"), sa.column("kind"), sa.column("options", _JSON))
_BATCH = sa.table("batch", sa.column("kind"))
_KINDS = ("predict", "crawl")


def upgrade() -> None:
    """Apply."""
    _rename_stage("evaluate", "compare")
    _rename_stage("measure", "evaluate")
    _rewrite_options(_name_follow_up)


def downgrade() -> None:
    """Undo."""
    _rename_stage("evaluate", "measure")
    _rename_stage("compare", "evaluate")
    _rewrite_options(_find_duplicates)


def _rename_stage(old: str, new: str) -> None:
    op.execute(_BATCH.update().where(_BATCH.c.kind == old).values(kind=new))
    op.execute(_JOB.update().where(_JOB.c.stage == old).values(stage=new))


def _rewrite_options(rewrite: Any) -> None:
    connection = op.get_bind()
    for table in (_JOB, _SCHEDULE):
        rows = connection.execute(sa.select(table.c.id, table.c.options).where(table.c.kind.in_(_KINDS))).all()
        for row_id, options in rows:
            changed = rewrite(dict(options))
            if changed != options:
                connection.execute(table.update().where(table.c.id == row_id).values(options=changed))


def _name_follow_up(options: dict[str, Any]) -> dict[str, Any]:
    if options.pop("find_duplicates", False):
        options["follow_up"] = ["dedup"]
    return options


def _find_duplicates(options: dict[str, Any]) -> dict[str, Any]:
    return {**options, "find_duplicates": "dedup" in options.pop("follow_up", ())}
