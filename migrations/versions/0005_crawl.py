"""Crawls: searches, hits, lanes of hosts, provenance of photos, removals."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_TEXT_ENUM = sa.String(length=32)
_TIME = sa.DateTime(timezone=True)

_SOURCE_COLUMNS = {
    "page_url": sa.Text(),
    "page_sha256": sa.LargeBinary(length=32),
    "title": sa.Text(),
    "phrase": sa.String(length=200),
    "found_by": sa.String(length=32),
    "host": sa.String(length=255),
    "page_host": sa.String(length=255),
    "licence": sa.String(length=120),
    "licence_url": sa.Text(),
    "licence_filter": sa.String(length=40),
    "creator": sa.Text(),
    "published_at": _TIME,
    "http_status": sa.Integer(),
}
_SOURCE_INDEXES = {
    "ix_source_location_sha256_kind": ["location_sha256", "kind"],
    "ix_source_kind_photo_id": ["kind", "photo_id"],
    "ix_source_licence_photo_id": ["licence", "photo_id"],
    "ix_source_host_photo_id": ["host", "photo_id"],
    "ix_source_page_host_photo_id": ["page_host", "photo_id"],
    "ix_source_page_sha256_photo_id": ["page_sha256", "photo_id"],
    "ix_source_phrase_photo_id": ["phrase", "photo_id"],
    "ix_source_job_id_photo_id": ["job_id", "photo_id"],
}


def upgrade() -> None:
    """Apply."""
    for name, kind in _SOURCE_COLUMNS.items():
        op.add_column("source", sa.Column(name, kind, nullable=True))
    for name, columns in _SOURCE_INDEXES.items():
        op.create_index(name, "source", columns)
    op.drop_index("ix_source_job_id", "source")
    op.create_table(
        "crawl_search",
        sa.Column("id", _BIG_KEY, nullable=False),
        sa.Column("job_id", _BIG_KEY, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("label", _TEXT_ENUM, nullable=True),
        sa.Column("cursor", _JSON, nullable=True),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("end_code", sa.String(length=64), nullable=True),
        sa.Column("end_message", sa.Text(), nullable=True),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in (
                "asked",
                "found",
                "repeated",
                "fetched",
                "duplicates",
                "too_small",
                "broken",
                "refused",
            )
        ),
        sa.ForeignKeyConstraint(
            ["job_id"], ["job.id"], name=op.f("fk_crawl_search_job_id_job"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crawl_search")),
        sa.UniqueConstraint("job_id", "number", name=op.f("uq_crawl_search_job_id_number")),
    )
    op.create_table(
        "crawl_hit",
        sa.Column("id", _BIG_KEY, nullable=False),
        sa.Column("job_id", _BIG_KEY, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("search_id", _BIG_KEY, nullable=False),
        sa.Column("file_sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("page_url", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("licence", sa.String(length=120), nullable=True),
        sa.Column("licence_url", sa.Text(), nullable=True),
        sa.Column("creator", sa.Text(), nullable=True),
        sa.Column("published_at", _TIME, nullable=True),
        sa.Column("outcome", _TEXT_ENUM, nullable=False),
        sa.Column("http_status", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["job_id"], ["job.id"], name=op.f("fk_crawl_hit_job_id_job"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["search_id"],
            ["crawl_search.id"],
            name=op.f("fk_crawl_hit_search_id_crawl_search"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crawl_hit")),
        sa.UniqueConstraint("job_id", "position", name=op.f("uq_crawl_hit_job_id_position")),
        sa.UniqueConstraint("job_id", "file_sha256", name=op.f("uq_crawl_hit_job_id_file_sha256")),
    )
    op.create_index(op.f("ix_crawl_hit_search_id"), "crawl_hit", ["search_id"])
    op.create_table(
        "crawl_lane",
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(length=32), nullable=True),
        sa.Column("free_at", _TIME, nullable=False),
        sa.Column("blocked_until", _TIME, nullable=True),
        sa.PrimaryKeyConstraint("host", "number", name=op.f("pk_crawl_lane")),
    )
    op.create_table(
        "takedown",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("job_id", _BIG_KEY, nullable=True),
        sa.Column("by", _TEXT_ENUM, nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("photos", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("faces", sa.Integer(), nullable=False),
        sa.Column("predictions", sa.Integer(), nullable=False),
        sa.Column("decisions", _JSON, nullable=False),
        sa.Column("datasets", _JSON, nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("created_at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_takedown_account_id_account"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["job_id"], ["job.id"], name=op.f("fk_takedown_job_id_job"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_takedown")),
        sa.UniqueConstraint("job_id", name=op.f("uq_takedown_job_id")),
    )
    op.create_table(
        "removed_photo",
        sa.Column("id", _BIG_KEY, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("takedown_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["takedown_id"],
            ["takedown.id"],
            name=op.f("fk_removed_photo_takedown_id_takedown"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_removed_photo")),
        sa.UniqueConstraint("sha256", name=op.f("uq_removed_photo_sha256")),
    )
    op.create_index(op.f("ix_removed_photo_takedown_id"), "removed_photo", ["takedown_id"])


def downgrade() -> None:
    """Take back."""
    # Indexes go with their tables.
    for table in ("removed_photo", "takedown", "crawl_lane", "crawl_hit", "crawl_search"):
        op.drop_table(table)
    op.create_index("ix_source_job_id", "source", ["job_id"])
    for name in _SOURCE_INDEXES:
        op.drop_index(name, "source")
    for name in _SOURCE_COLUMNS:
        op.drop_column("source", name)
