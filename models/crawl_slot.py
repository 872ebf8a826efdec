"""Slots of hosts, which limit the requests of all workers together."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class CrawlSlot(Base):
    """The right to one request at a time to a host; a host has as many slots as allowed connections."""

    __tablename__ = "crawl_lane"

    host: Mapped[str] = mapped_column(String(255), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    #: Random, written by each holder; NULL while the slot is free.
    token: Mapped[str | None] = mapped_column(String(32))
    #: When the slot may be taken again: after its pause, or when a lost holder expires.
    free_at: Mapped[datetime]
    #: The host asked for no requests before this time.
    blocked_until: Mapped[datetime | None]
