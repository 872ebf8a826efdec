"""A picture that a search of a crawl found."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigKey, text_enum


class HitOutcome(StrEnum):
    """The result of a hit; each but WAITING has a counter of the same name in its search."""

    WAITING = "waiting"
    FETCHED = "fetched"
    DUPLICATE = "duplicates"
    TOO_SMALL = "too_small"
    BROKEN = "broken"
    REFUSED = "refused"
    #: Another search of the job found the picture first; the hit keeps where this search found it.
    REPEATED = "repeated"


class CrawlHit(Base):
    """What a source tells about the picture at a job's position; its address is the job photo's locator.

    A position has one hit of the search that found it first, and a REPEATED one for each other search.
    """

    __tablename__ = "crawl_hit"
    __table_args__ = (
        UniqueConstraint("job_id", "file_sha256", "search_id"),
        Index("ix_crawl_hit_job_id_position", "job_id", "position"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    job_id: Mapped[int] = mapped_column(ForeignKey("job.id", ondelete="CASCADE"))
    position: Mapped[int]
    search_id: Mapped[int] = mapped_column(ForeignKey("crawl_search.id", ondelete="CASCADE"), index=True)
    #: SHA-256 of the file's address.
    file_sha256: Mapped[bytes] = mapped_column(LargeBinary(32))
    page_url: Mapped[str | None] = mapped_column(Text)
    title: Mapped[str | None] = mapped_column(Text)
    licence: Mapped[str | None] = mapped_column(String(120))
    licence_url: Mapped[str | None] = mapped_column(Text)
    creator: Mapped[str | None] = mapped_column(Text)
    published_at: Mapped[datetime | None]
    outcome: Mapped[HitOutcome] = mapped_column(text_enum(HitOutcome), default=HitOutcome.WAITING)
    #: The HTTP status; NULL without a request or a reply.
    http_status: Mapped[int | None]
