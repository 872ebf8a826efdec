"""Jobs that recur, and each time that one was to start."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigKey, text_enum


class Overlap(StrEnum):
    """What happens at a planned time while the job of the run before is unfinished."""

    SKIP = "skip"
    #: Start as soon as the job before has ended; one run waits at most.
    QUEUE = "queue"


class RunState(StrEnum):
    """What became of a planned run."""

    STARTED = "started"
    WAITING = "waiting"
    SKIPPED = "skipped"
    #: The job was refused; `note` says why.
    REFUSED = "refused"


class Schedule(Base):
    """A job that starts by itself at the times of a cron line."""

    __tablename__ = "schedule"
    __table_args__ = (Index("ix_schedule_paused_next_at", "paused", "next_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    #: Name of the declared job kind.
    kind: Mapped[str] = mapped_column(String(32))
    #: Options of the jobs it starts, as `Job.options`.
    options: Mapped[dict[str, Any]]
    #: Five fields, six with seconds, or a word such as @daily.
    cron: Mapped[str] = mapped_column(String(120))
    #: IANA name of the zone that the cron line is meant in.
    time_zone: Mapped[str] = mapped_column(String(64))
    overlap: Mapped[Overlap] = mapped_column(text_enum(Overlap))
    paused: Mapped[bool] = mapped_column(default=False)
    #: The next planned run; it may lie in the past where the service was stopped.
    next_at: Mapped[datetime]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    created_at: Mapped[datetime]


class ScheduleRun(Base):
    """One planned time of a schedule; the unique pair keeps it from being started twice."""

    __tablename__ = "schedule_run"
    __table_args__ = (UniqueConstraint("schedule_id", "planned_at"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    schedule_id: Mapped[int] = mapped_column(ForeignKey("schedule.id", ondelete="CASCADE"))
    planned_at: Mapped[datetime]
    state: Mapped[RunState] = mapped_column(text_enum(RunState), index=True)
    job_id: Mapped[int | None] = mapped_column(ForeignKey("job.id", ondelete="SET NULL"), index=True)
    #: Why it was skipped or refused, or that it makes up for missed ones.
    note: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
