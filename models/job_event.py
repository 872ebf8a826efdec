"""The log of a job."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigKey, text_enum


class EventLevel(StrEnum):
    """Severity of an event."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class JobEvent(Base):
    """One line of a job's log."""

    __tablename__ = "job_event"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    job_id: Mapped[int] = mapped_column(ForeignKey("job.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    level: Mapped[EventLevel] = mapped_column(text_enum(EventLevel))
    #: A constant name such as `job_paused` or an error's code.
    event: Mapped[str] = mapped_column(String(64))
    message: Mapped[str] = mapped_column(Text)
