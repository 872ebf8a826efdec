"""Lanes of hosts, by which all workers together are polite."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class CrawlLane(Base):
    """One request at a time to a host; there are as many lanes as connections are allowed."""

    __tablename__ = "crawl_lane"

    host: Mapped[str] = mapped_column(String(255), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    #: Drawn anew by each holder; NULL while nobody holds the lane.
    token: Mapped[str | None] = mapped_column(String(32))
    #: When the lane may be entered again: after its pause, or when a holder that died is given up.
    free_at: Mapped[datetime]
    #: Until when the host asked to be left alone.
    blocked_until: Mapped[datetime | None]
