"""The table of running processes, each of which writes its row every few seconds."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, text_enum


class ServicePart(StrEnum):
    """Kinds of processes that work beside the web server."""

    WORKER = "worker"
    TICK = "tick"
    TRAINER = "trainer"
    LIVE = "live"
    #: Looks at the folders of schedules that wait for new photos.
    WATCHER = "watcher"


class Heartbeat(Base):
    """A process and its last sign of life, written by the thread that does its work."""

    __tablename__ = "heartbeat"
    __table_args__ = (UniqueConstraint("part", "host", "pid"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    part: Mapped[ServicePart] = mapped_column(text_enum(ServicePart))
    host: Mapped[str] = mapped_column(String(255))
    pid: Mapped[int]
    started_at: Mapped[datetime]
    beat_at: Mapped[datetime]
