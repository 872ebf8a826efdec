"""One phrase asked of one source by a crawl, with what came of it."""

from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigKey, text_enum
from models.label import Label


class CrawlSearch(Base):
    """A search that goes on from its cursor; its counters are what the page shows."""

    __tablename__ = "crawl_search"
    __table_args__ = (UniqueConstraint("job_id", "number"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    job_id: Mapped[int] = mapped_column(ForeignKey("job.id", ondelete="CASCADE"))
    #: 0, 1, 2 ... as they were asked for; the sequence of its search batch.
    number: Mapped[int]
    #: Name of the source.
    source: Mapped[str] = mapped_column(String(32))
    #: The phrase, or the address of a site or page, or addresses line by line.
    query: Mapped[str] = mapped_column(Text)
    #: The label that it is meant to find: a hint, never a decision.
    label: Mapped[Label | None] = mapped_column(text_enum(Label))
    #: Where the source is asked next.
    cursor: Mapped[dict[str, Any] | None]
    #: Pages that the source gave.
    pages: Mapped[int] = mapped_column(default=0)
    #: Why the search ended, NULL while it has not: `enough`, `exhausted` or an error's code.
    end_code: Mapped[str | None] = mapped_column(String(64))
    end_message: Mapped[str | None] = mapped_column(Text)

    #: New photos wanted.
    asked: Mapped[int]
    #: Hits, one more than were asked for for each that gave no new photo.
    found: Mapped[int] = mapped_column(default=0)
    #: Hits that another search of the same job had met before; they are not among those found.
    repeated: Mapped[int] = mapped_column(default=0)
    fetched: Mapped[int] = mapped_column(default=0)
    #: Pictures that the library had already.
    duplicates: Mapped[int] = mapped_column(default=0)
    too_small: Mapped[int] = mapped_column(default=0)
    broken: Mapped[int] = mapped_column(default=0)
    #: Pictures that were not asked for: by robots.txt, noai, an address inside, or a removal.
    refused: Mapped[int] = mapped_column(default=0)
