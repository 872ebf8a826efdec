"""Files of uploads that arrive in several requests."""

from collections.abc import Sequence
from datetime import timedelta

import sqlalchemy as sa
from alembic import op

revision: str = "0030"
down_revision: str | None = "0029"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_UPLOAD = sa.table(
    "upload",
    sa.column("id", sa.BigInteger()),
    sa.column("created_at", sa.DateTime(timezone=True)),
    sa.column("expires_at", sa.DateTime(timezone=True)),
    sa.column("closed_at", sa.DateTime(timezone=True)),
)
_JOB = sa.table("job", sa.column("options", sa.JSON()))


def upgrade() -> None:
    """Apply. Uploads of earlier releases expired two days after they began; those that jobs read are closed."""
    op.add_column("upload_file", sa.Column("missing", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("upload", sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("upload", sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True))
    connection = op.get_bind()
    for upload_id, created_at in connection.execute(sa.select(_UPLOAD.c.id, _UPLOAD.c.created_at)).all():
        ends = created_at + timedelta(days=2)
        connection.execute(_UPLOAD.update().where(_UPLOAD.c.id == upload_id).values(expires_at=ends))
    for (options,) in connection.execute(sa.select(_JOB.c.options)).all():
        if options.get("upload_id") is not None:
            read = _UPLOAD.update().where(_UPLOAD.c.id == options["upload_id"])
            connection.execute(read.values(closed_at=_UPLOAD.c.created_at))
    with op.batch_alter_table("upload") as table:
        table.alter_column("expires_at", nullable=False)


def downgrade() -> None:
    """Undo. Files that have not arrived completely go."""
    op.execute("DELETE FROM upload_file WHERE missing > 0")
    with op.batch_alter_table("upload") as table:
        table.drop_column("expires_at")
        table.drop_column("closed_at")
    with op.batch_alter_table("upload_file") as table:
        table.drop_column("missing")
