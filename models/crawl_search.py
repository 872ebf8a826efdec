"""One phrase or address of a crawl in one source, with its results."""

from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigKey, text_enum
from models.label import Label


class CrawlSearch(Base):
    """A search that continues from its cursor, with the counters that the page shows."""

    __tablename__ = "crawl_search"
    __table_args__ = (UniqueConstraint("job_id", "number"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    job_id: Mapped[int] = mapped_column(ForeignKey("job.id", ondelete="CASCADE"))
    #: 0, 1, 2 ... in the order of the request; the sequence of its search batch.
    number: Mapped[int]
    #: Name of the source.
    source: Mapped[str] = mapped_column(String(32))
    #: The phrase, or the address of a site or page, or addresses line by line.
    query: Mapped[str] = mapped_column(Text)
    #: The expected label: a hint, never a decision.
    label: Mapped[Label | None] = mapped_column(text_enum(Label))
    #: Where the next page begins.
    cursor: Mapped[dict[str, Any] | None]
    #: Result pages read.
    pages: Mapped[int] = mapped_column(default=0)
    #: Why the search ended: `enough`, `exhausted` or an error code; NULL while it is unfinished.
    end_code: Mapped[str | None] = mapped_column(String(64))
    end_message: Mapped[str | None] = mapped_column(Text)

    #: Requested new photos.
    asked: Mapped[int]
    #: Hits: one for each requested photo, and one more for each hit without a new photo.
    found: Mapped[int] = mapped_column(default=0)
    #: Hits that another search of the job found first; not counted in `found`.
    repeated: Mapped[int] = mapped_column(default=0)
    fetched: Mapped[int] = mapped_column(default=0)
    #: Pictures that the library had already.
    duplicates: Mapped[int] = mapped_column(default=0)
    too_small: Mapped[int] = mapped_column(default=0)
    broken: Mapped[int] = mapped_column(default=0)
    #: Pictures refused by robots.txt, noai, a private address, or an earlier removal.
    refused: Mapped[int] = mapped_column(default=0)
