"""What an import left out and assumed; labels that earlier imports assumed are marked."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_DECISION = sa.table(
    "decision",
    *(sa.column(name) for name in ("id", "face_id", "job_id", "label", "queue")),
    sa.column("assumed", sa.Boolean),
)
_FACE = sa.table("face", sa.column("id"), sa.column("photo_id"))
_JOB_PHOTO = sa.table(
    "job_photo", sa.column("job_id"), sa.column("photo_id"), sa.column("truth", _JSON)
)
_COUNT = sa.table("import_count", *(sa.column(name) for name in ("job_id", "what", "word", "amount")))
_AT_ONCE = 5_000
_LEFT_OUT = sa.text("objects_left_out > 0")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "import_count",
        sa.Column("job_id", _BIG_KEY, nullable=False),
        sa.Column("what", sa.String(length=32), nullable=False),
        sa.Column("word", sa.String(length=100), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name="fk_import_count_job_id_job", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job_id", "what", "word", name="pk_import_count"),
    )
    op.add_column(
        "job_photo", sa.Column("objects_left_out", sa.Integer(), server_default=sa.text("0"), nullable=False)
    )
    op.create_index(
        "ix_job_photo_left_out",
        "job_photo",
        ["job_id", "position"],
        sqlite_where=_LEFT_OUT,
        postgresql_where=_LEFT_OUT,
    )
    op.add_column("decision", sa.Column("assumed", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index(
        "ix_decision_assumed",
        "decision",
        ["job_id", "id"],
        sqlite_where=sa.text("assumed"),
        postgresql_where=sa.text("assumed"),
    )
    _mark_assumed()


def _mark_assumed() -> None:
    """Mark `not_a_face` of photos in whose labels it does not occur."""
    connection = op.get_bind()
    last, counts = 0, Counter[int]()
    while rows := connection.execute(
        sa.select(_DECISION.c.id, _DECISION.c.job_id, _JOB_PHOTO.c.truth)
        .join(_FACE, _FACE.c.id == _DECISION.c.face_id)
        .join(
            _JOB_PHOTO,
            sa.and_(
                _JOB_PHOTO.c.photo_id == _FACE.c.photo_id, _JOB_PHOTO.c.job_id == _DECISION.c.job_id
            ),
        )
        .where(_DECISION.c.queue == "import", _DECISION.c.label == "not_a_face", _DECISION.c.id > last)
        .order_by(_DECISION.c.id)
        .limit(_AT_ONCE)
    ).all():
        last = rows[-1].id
        found = {row.id: row.job_id for row in rows if not _says_not_a_face(row.truth)}
        connection.execute(_DECISION.update().where(_DECISION.c.id.in_(found)).values(assumed=True))
        counts.update(found.values())
    for job_id, amount in counts.items():
        connection.execute(_COUNT.insert().values(job_id=job_id, what="assumed", word="", amount=amount))


def _says_not_a_face(truth: dict[str, Any] | None) -> bool:
    labels = [truth.get("label"), *(box[4] for box in truth.get("boxes", ()))] if truth else []
    return "not_a_face" in labels


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_decision_assumed", "decision")
    op.drop_column("decision", "assumed")
    op.drop_index("ix_job_photo_left_out", "job_photo")
    op.drop_column("job_photo", "objects_left_out")
    op.drop_table("import_count")
