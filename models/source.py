"""One place a photo came from."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigKey, text_enum


class SourceKind(StrEnum):
    """How a photo came in."""

    FOLDER = "folder"
    UPLOAD = "upload"
    CRAWL = "crawl"
    CAMERA = "camera"


class Source(Base):
    """A place of a photo; the same photo may have many."""

    __tablename__ = "source"
    __table_args__ = (Index("uq_source_place", "photo_id", "kind", "location_sha256", unique=True),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    photo_id: Mapped[int] = mapped_column(ForeignKey("photo.id", ondelete="CASCADE"))
    kind: Mapped[SourceKind] = mapped_column(text_enum(SourceKind))
    #: Raw bytes of the absolute path, or of the upload's own name.
    location: Mapped[bytes] = mapped_column(LargeBinary)
    #: Of `location`, which itself may be too long for an index.
    location_sha256: Mapped[bytes] = mapped_column(LargeBinary(32))
    #: The location as text that can be shown.
    name: Mapped[str] = mapped_column(Text)
    #: The job that first met the photo here.
    job_id: Mapped[int | None] = mapped_column(ForeignKey("job.id", ondelete="SET NULL"), index=True)
    created_at: Mapped[datetime]
