"""Schedules of recurring jobs, at times or when photos arrive, and their runs."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigKey, text_enum


class Trigger(StrEnum):
    """What starts the jobs of a schedule."""

    #: The times of a cron expression.
    TIMES = "times"
    #: New photos in a folder; `FolderWatch` has the rest.
    NEW_PHOTOS = "new_photos"


class Overlap(StrEnum):
    """What happens at a planned time while the previous job is unfinished."""

    SKIP = "skip"
    #: Start as soon as the previous job has ended; at most one run waits.
    QUEUE = "queue"


class RunState(StrEnum):
    """State of a planned run."""

    STARTED = "started"
    WAITING = "waiting"
    SKIPPED = "skipped"
    #: The job was refused; `note` says why.
    REFUSED = "refused"


class Schedule(Base):
    """A job that starts at the times of a cron expression, or when new photos arrive in a folder."""

    __tablename__ = "schedule"
    __table_args__ = (Index("ix_schedule_paused_next_at", "paused", "next_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    #: Name of the declared job kind.
    kind: Mapped[str] = mapped_column(String(32))
    #: `Job.options` of its jobs.
    options: Mapped[dict[str, Any]]
    trigger: Mapped[Trigger] = mapped_column(
        text_enum(Trigger), default=Trigger.TIMES, server_default=Trigger.TIMES.value
    )
    #: Five fields, six with seconds, or a shorthand such as @daily; empty where it waits for photos.
    cron: Mapped[str] = mapped_column(String(120))
    #: IANA name of the time zone of the cron expression.
    time_zone: Mapped[str] = mapped_column(String(64))
    overlap: Mapped[Overlap] = mapped_column(text_enum(Overlap))
    paused: Mapped[bool] = mapped_column(default=False)
    #: The next planned run; in the past if the service was stopped. NULL where it waits for photos.
    next_at: Mapped[datetime | None]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    #: At each run, write the reports of its earlier jobs again of which faces were decided since.
    renews_reports: Mapped[bool] = mapped_column(default=False, server_default=false())
    created_at: Mapped[datetime]


class ScheduleRun(Base):
    """One planned run; the unique pair prevents a second start."""

    __tablename__ = "schedule_run"
    __table_args__ = (UniqueConstraint("schedule_id", "planned_at"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    schedule_id: Mapped[int] = mapped_column(ForeignKey("schedule.id", ondelete="CASCADE"))
    planned_at: Mapped[datetime]
    state: Mapped[RunState] = mapped_column(text_enum(RunState), index=True)
    job_id: Mapped[int | None] = mapped_column(ForeignKey("job.id", ondelete="SET NULL"), index=True)
    #: Why it was skipped or refused, or that it replaces missed runs.
    note: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
