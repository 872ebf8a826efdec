"""Watched folders: how each is watched, how it is, and which of its files were taken."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, text_enum


class WatchState(StrEnum):
    """State of a watched folder."""

    #: Not looked at yet.
    STARTING = "starting"
    WATCHING = "watching"
    #: It cannot be read now; `problem` says why.
    AWAY = "away"
    #: It has not answered for long, as a network share that hangs.
    SLOW = "slow"


class WatchMethod(StrEnum):
    """How new files are noticed."""

    #: The system tells of changes, and the folder is looked at now and then.
    NOTIFICATIONS = "notifications"
    #: The folder is looked at every few seconds.
    POLLING = "polling"


class FolderWatch(Base):
    """The watch of one schedule: its options, and what the watcher last wrote about it."""

    __tablename__ = "folder_watch"

    schedule_id: Mapped[int] = mapped_column(
        ForeignKey("schedule.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    #: `WatchOptions` as JSON.
    options: Mapped[dict[str, Any]]
    state: Mapped[WatchState] = mapped_column(text_enum(WatchState), default=WatchState.STARTING)
    problem_code: Mapped[str | None] = mapped_column(String(64))
    problem: Mapped[str | None] = mapped_column(Text)
    #: NULL before the first look.
    method: Mapped[WatchMethod | None] = mapped_column(text_enum(WatchMethod))
    #: Why the folder is polled; empty where it is not.
    method_note: Mapped[str] = mapped_column(Text, default="")
    #: When the photos that were there at first were read or noted; NULL before.
    started_at: Mapped[datetime | None]
    looked_at: Mapped[datetime | None]
    #: How long the last look took.
    look_seconds: Mapped[float | None]
    #: Photos in the folder at the last look.
    photos_seen: Mapped[int] = mapped_column(default=0)
    #: New photos at the last look that were still growing.
    growing: Mapped[int] = mapped_column(default=0)
    #: New photos at the last look that wait for others to share their job.
    waiting: Mapped[int] = mapped_column(default=0)
    #: Photos given to jobs since the schedule was added.
    photos_taken: Mapped[int] = mapped_column(BigInteger, default=0)
    last_taken_at: Mapped[datetime | None]


class TakenFile(Base):
    """A file of a watched folder that a job got, or that was there at first and was left out."""

    __tablename__ = "taken_file"

    schedule_id: Mapped[int] = mapped_column(
        ForeignKey("schedule.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    #: Hash of the path below the folder, the size and the time of the last change.
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
