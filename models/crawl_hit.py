"""One picture that a crawl's search found."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigKey, text_enum


class HitOutcome(StrEnum):
    """What came of a hit; each has a counter of the same name in its search."""

    WAITING = "waiting"
    FETCHED = "fetched"
    DUPLICATE = "duplicates"
    TOO_SMALL = "too_small"
    BROKEN = "broken"
    REFUSED = "refused"


class CrawlHit(Base):
    """What a source told of the picture at a job's position, whose address is the job photo's locator."""

    __tablename__ = "crawl_hit"
    __table_args__ = (
        UniqueConstraint("job_id", "position"),
        UniqueConstraint("job_id", "file_sha256"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    job_id: Mapped[int] = mapped_column(ForeignKey("job.id", ondelete="CASCADE"))
    position: Mapped[int]
    search_id: Mapped[int] = mapped_column(ForeignKey("crawl_search.id", ondelete="CASCADE"), index=True)
    #: Of the file's address.
    file_sha256: Mapped[bytes] = mapped_column(LargeBinary(32))
    page_url: Mapped[str | None] = mapped_column(Text)
    title: Mapped[str | None] = mapped_column(Text)
    licence: Mapped[str | None] = mapped_column(String(120))
    licence_url: Mapped[str | None] = mapped_column(Text)
    creator: Mapped[str | None] = mapped_column(Text)
    published_at: Mapped[datetime | None]
    outcome: Mapped[HitOutcome] = mapped_column(text_enum(HitOutcome), default=HitOutcome.WAITING)
    #: What the host answered, NULL where it was never asked or did not answer.
    http_status: Mapped[int | None]
