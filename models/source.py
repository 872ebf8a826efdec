"""Where a photo came from."""

import hashlib
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigKey, text_enum


class SourceKind(StrEnum):
    """The kind of place a photo came from."""

    FOLDER = "folder"
    UPLOAD = "upload"
    CRAWL = "crawl"
    CAMERA = "camera"


def _way(context: DefaultExecutionContext) -> bytes:
    """The digest of place and phrase."""
    row = context.get_current_parameters()  # type: ignore[no-untyped-call]
    place, phrase = row["location_sha256"], row.get("phrase")
    return hashlib.sha256(place + phrase.encode()).digest() if phrase else place


class Source(Base):
    """A place that a photo came from; a photo may have many, with one row for each phrase that found it."""

    __tablename__ = "source"
    __table_args__ = (
        Index("uq_source_way", "photo_id", "kind", "way_sha256", unique=True),
        Index("ix_source_location_sha256_kind", "location_sha256", "kind"),
        # For the library's filters, which read the newest photos first.
        Index("ix_source_kind_photo_id", "kind", "photo_id"),
        Index("ix_source_licence_photo_id", "licence", "photo_id"),
        Index("ix_source_host_photo_id", "host", "photo_id"),
        Index("ix_source_page_host_photo_id", "page_host", "photo_id"),
        Index("ix_source_page_sha256_photo_id", "page_sha256", "photo_id"),
        Index("ix_source_phrase_photo_id", "phrase", "photo_id"),
        Index("ix_source_job_id_photo_id", "job_id", "photo_id"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    photo_id: Mapped[int] = mapped_column(ForeignKey("photo.id", ondelete="CASCADE"))
    kind: Mapped[SourceKind] = mapped_column(text_enum(SourceKind))
    #: Raw bytes of the absolute path, of the upload's own name, or of the file's web address.
    location: Mapped[bytes] = mapped_column(LargeBinary)
    #: SHA-256 of `location`, which may be too long for an index.
    location_sha256: Mapped[bytes] = mapped_column(LargeBinary(32))
    #: SHA-256 of `location_sha256` and the phrase; without a phrase `location_sha256` itself.
    way_sha256: Mapped[bytes] = mapped_column(LargeBinary(32), default=_way)
    #: The location as text that can be shown.
    name: Mapped[str] = mapped_column(Text)
    #: The job that first found the photo here.
    job_id: Mapped[int | None] = mapped_column(ForeignKey("job.id", ondelete="SET NULL"))
    created_at: Mapped[datetime]

    #: The columns below are for photos from the web; NULL if unknown.
    #: The page that shows the photo.
    page_url: Mapped[str | None] = mapped_column(Text)
    page_sha256: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    title: Mapped[str | None] = mapped_column(Text)
    #: The search phrase, and the name of the crawl source.
    phrase: Mapped[str | None] = mapped_column(String(200))
    found_by: Mapped[str | None] = mapped_column(String(32))
    #: Hosts of the file and of its page.
    host: Mapped[str | None] = mapped_column(String(255))
    page_host: Mapped[str | None] = mapped_column(String(255))
    #: Short name such as `CC BY 2.0`, and the address of its text.
    licence: Mapped[str | None] = mapped_column(String(120))
    licence_url: Mapped[str | None] = mapped_column(Text)
    #: The licence filter of the search, for sources that do not tell the licence.
    licence_filter: Mapped[str | None] = mapped_column(String(40))
    creator: Mapped[str | None] = mapped_column(Text)
    published_at: Mapped[datetime | None]
    #: The HTTP status of the file's host.
    http_status: Mapped[int | None]
