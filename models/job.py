"""Jobs."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigKey, text_enum


class JobState(StrEnum):
    """State of a job."""

    WAITING = "waiting"
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    CANCELLED = "cancelled"
    #: Stopped by an error of the whole job; see `error_code`.
    FAILED = "failed"


class Job(Base):
    """A job with its progress; pages read these counters and never count rows."""

    __tablename__ = "job"
    __table_args__ = (
        Index("ix_job_state_last_claim_at", "state", "last_claim_at"),
        # For the filters of the list of jobs.
        Index("ix_job_kind_id", "kind", "id"),
        Index("ix_job_state_id", "state", "id"),
        Index("ix_job_account_id_id", "account_id", "id"),
        Index("ix_job_photos_found_id", "photos_found", "id"),
        Index(
            "ix_job_to_purge",
            "id",
            sqlite_where=text("deleted_at IS NOT NULL AND purged_at IS NULL"),
            postgresql_where=text("deleted_at IS NOT NULL AND purged_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    #: Name of the declared job kind.
    kind: Mapped[str] = mapped_column(String(32))
    state: Mapped[JobState] = mapped_column(text_enum(JobState))
    title: Mapped[str] = mapped_column(String(200))
    #: The kind's options model as JSON.
    options: Mapped[dict[str, Any]]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    #: The version that a predict job uses, or that a training created.
    classifier_version_id: Mapped[int | None] = mapped_column(ForeignKey("classifier_version.id"))
    #: The dataset of a training, which it may have frozen itself.
    dataset_id: Mapped[int | None] = mapped_column(ForeignKey("dataset.id"))
    #: The trained detector in use when the job was requested, or that a training made; NULL for the installed
    #: one.
    detector_version_id: Mapped[int | None] = mapped_column(ForeignKey("detector_version.id"))
    #: `Face.detector_key` of the faces that its last batch found; NULL before the first one.
    detector_key: Mapped[str | None] = mapped_column(String(80))
    #: Those of its earlier batches, where the detector was upgraded while it ran; the oldest first.
    earlier_detectors: Mapped[list[str]] = mapped_column(default=list, server_default="[]")

    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    #: Jobs take turns: the one that was served longest ago is next.
    last_claim_at: Mapped[datetime | None]
    error_code: Mapped[str | None] = mapped_column(String(64))
    error_message: Mapped[str | None] = mapped_column(Text)
    #: When a person deleted it: the row stays, hidden, since photos, decisions and schedules name their job.
    deleted_at: Mapped[datetime | None]
    #: When its rows and files were deleted too.
    purged_at: Mapped[datetime | None]

    #: Name of the current stage.
    stage: Mapped[str] = mapped_column(String(32))
    #: Whether the input is listed, so that `photos_found` is the total.
    listed: Mapped[bool] = mapped_column(default=False)
    photos_found: Mapped[int] = mapped_column(default=0)
    photos_done: Mapped[int] = mapped_column(default=0)
    photos_failed: Mapped[int] = mapped_column(default=0)
    #: Those of `photos_failed` that a removal deleted after they were listed.
    photos_removed: Mapped[int] = mapped_column(default=0, server_default="0")
    photos_without_face: Mapped[int] = mapped_column(default=0)
    #: Skipped files and folders: not photos, hidden, of the system.
    files_ignored: Mapped[int] = mapped_column(default=0)
    #: Their numbers by reason, as `SkippedNames.to_json` writes them; NULL where they are not known.
    files_skipped: Mapped[dict[str, Any] | None]
    faces_with_mask: Mapped[int] = mapped_column(default=0)
    faces_without_mask: Mapped[int] = mapped_column(default=0)
    faces_incorrect: Mapped[int] = mapped_column(default=0)
    faces_indeterminate: Mapped[int] = mapped_column(default=0)
    #: Batches not yet done, quarantined or cancelled; the next stage starts at 0.
    batches_open: Mapped[int] = mapped_column(default=0)
    batches_quarantined: Mapped[int] = mapped_column(default=0)
    #: Progress of jobs that do not count photos, such as the steps of a training.
    steps_found: Mapped[int] = mapped_column(default=0)
    steps_done: Mapped[int] = mapped_column(default=0)

    @property
    def detector_keys(self) -> tuple[str, ...]:
        """Keys of all detectors that found its faces, the newest last."""
        return () if self.detector_key is None else (*self.earlier_detectors, self.detector_key)
