"""Every phrase that found a photo, not only the first."""

import hashlib
from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_SOURCE = sa.table(
    "source",
    sa.column("id", sa.BigInteger),
    sa.column("location_sha256", sa.LargeBinary),
    sa.column("way_sha256", sa.LargeBinary),
    sa.column("phrase", sa.String),
)
_AT_ONCE = 5_000


def upgrade() -> None:
    """Apply."""
    op.add_column("source", sa.Column("way_sha256", sa.LargeBinary(length=32), nullable=True))
    _fill()
    with op.batch_alter_table("source") as table:
        table.alter_column("way_sha256", existing_type=sa.LargeBinary(length=32), nullable=False)
    op.drop_index("uq_source_place", "source")
    op.create_index("uq_source_way", "source", ["photo_id", "kind", "way_sha256"], unique=True)
    with op.batch_alter_table("crawl_hit") as table:
        table.drop_constraint("uq_crawl_hit_job_id_position", type_="unique")
        table.drop_constraint("uq_crawl_hit_job_id_file_sha256", type_="unique")
        table.create_unique_constraint(
            "uq_crawl_hit_job_id_file_sha256_search_id", ["job_id", "file_sha256", "search_id"]
        )
    op.create_index("ix_crawl_hit_job_id_position", "crawl_hit", ["job_id", "position"])


def _fill() -> None:
    """A way is its place, with the phrase where there is one."""
    connection = op.get_bind()
    connection.execute(sa.update(_SOURCE).values(way_sha256=_SOURCE.c.location_sha256))
    last = 0
    while rows := connection.execute(
        sa.select(_SOURCE.c.id, _SOURCE.c.location_sha256, _SOURCE.c.phrase)
        .where(_SOURCE.c.phrase.is_not(None), _SOURCE.c.id > last)
        .order_by(_SOURCE.c.id)
        .limit(_AT_ONCE)
    ).all():
        last = rows[-1].id
        connection.execute(
            sa.update(_SOURCE).where(_SOURCE.c.id == sa.bindparam("row_id")),
            [
                {"row_id": row_id, "way_sha256": hashlib.sha256(place + phrase.encode()).digest()}
                for row_id, place, phrase in rows
            ],
        )


def downgrade() -> None:
    """Take back; only the first phrase of a place is kept."""
    op.drop_index("ix_crawl_hit_job_id_position", "crawl_hit")
    op.execute("DELETE FROM crawl_hit WHERE outcome = 'repeated'")
    with op.batch_alter_table("crawl_hit") as table:
        table.drop_constraint("uq_crawl_hit_job_id_file_sha256_search_id", type_="unique")
        table.create_unique_constraint("uq_crawl_hit_job_id_position", ["job_id", "position"])
        table.create_unique_constraint("uq_crawl_hit_job_id_file_sha256", ["job_id", "file_sha256"])
    op.execute(
        "DELETE FROM source WHERE EXISTS (SELECT 1 FROM source AS first WHERE first.photo_id = source.photo_id "
        "AND first.kind = source.kind AND first.location_sha256 = source.location_sha256 AND first.id < source.id)"
    )
    op.drop_index("uq_source_way", "source")
    op.create_index("uq_source_place", "source", ["photo_id", "kind", "location_sha256"], unique=True)
    with op.batch_alter_table("source") as table:
        table.drop_column("way_sha256")
