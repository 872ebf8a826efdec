"""What workers and web processes did since the database was made, added up: the counters of `/metrics`.

Processes add to them every few seconds, and nothing is ever subtracted.
"""

from enum import StrEnum

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, text_enum


class WorkEvent(StrEnum):
    """What happened to an attempt of a batch."""

    DONE = "done"
    FAILED = "failed"
    #: The job was paused or cancelled.
    STOPPED = "stopped"
    #: The lease had ended before the worker was done.
    LOST = "lost"
    #: The tick returned a batch whose lease had ended.
    EXPIRED = "expired"
    #: The attempt was not the first one.
    RETRIED = "retried"


class WorkCount(Base):
    """Attempts of batches of one stage that ended in one way and took about as long."""

    __tablename__ = "work_count"

    #: Name of the stage; empty for what is not counted by stage.
    stage: Mapped[str] = mapped_column(String(32), primary_key=True)
    event: Mapped[WorkEvent] = mapped_column(text_enum(WorkEvent), primary_key=True)
    #: Which of the bounds of durations is the first that the attempt did not exceed.
    bucket: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(BigInteger)
    seconds: Mapped[float]
    #: Of batches that are done.
    photos: Mapped[int] = mapped_column(BigInteger)


class RequestCount(Base):
    """Requests of one route that were answered in one way and took about as long."""

    __tablename__ = "request_count"

    #: The rule of the route, such as `/jobs/<int:job_id>`; empty for an address without one.
    route: Mapped[str] = mapped_column(String(200), primary_key=True)
    method: Mapped[str] = mapped_column(String(8), primary_key=True)
    #: `2xx`, `3xx`, `4xx` or `5xx`.
    status: Mapped[str] = mapped_column(String(3), primary_key=True)
    #: As in `WorkCount`, with the bounds of requests.
    bucket: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(BigInteger)
    seconds: Mapped[float]
