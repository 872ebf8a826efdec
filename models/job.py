"""One thing a user asked for."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigKey, text_enum
from models.batch import BatchKind


class JobKind(StrEnum):
    """What a job does; each kind has its own stages of batches."""

    #: List the photos of a folder or upload, find and classify their faces, write the reports.
    PREDICT = "predict"
    #: Bring a labelled set in: its photos, their faces, and its labels as decisions.
    IMPORT = "import"
    #: Freeze or take a dataset, train a classifier version on it, evaluate it beside the champion.
    TRAIN = "train"
    #: Ask sources for pictures by phrase or address, and fetch them with where they came from.
    CRAWL = "crawl"
    #: Hash photos and group those that show the same picture.
    DEDUP = "dedup"
    #: Find the faces of photos that were not searched yet, without judging them.
    EXTRACT = "extract"
    #: Freeze the labels that count now into a dataset.
    FREEZE = "freeze"
    #: Measure a classifier version on the test faces of a dataset.
    EVALUATE = "evaluate"
    #: Predict the faces that people drew.
    CLASSIFY = "classify"
    #: Remove photos with all that derives from them.
    REMOVE = "remove"
    #: Choose and rank the faces of a review queue, then find the near-identical among them.
    REVIEW = "review"
    #: Measure how far reviewers agree.
    AGREEMENT = "agreement"


class JobState(StrEnum):
    """Where a job stands."""

    WAITING = "waiting"
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    CANCELLED = "cancelled"
    #: Stopped by something that concerns the whole job; `error_code` says what.
    FAILED = "failed"


class Job(Base):
    """A job with its progress: pages read these counters and never count rows."""

    __tablename__ = "job"
    __table_args__ = (
        Index("ix_job_state_last_claim_at", "state", "last_claim_at"),
        Index("ix_job_kind_id", "kind", "id"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    kind: Mapped[JobKind] = mapped_column(text_enum(JobKind))
    state: Mapped[JobState] = mapped_column(text_enum(JobState))
    title: Mapped[str] = mapped_column(String(200))
    #: The kind's options dataclass as JSON: input, thresholds, which classifier version.
    options: Mapped[dict[str, Any]]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    #: What a predict job predicts with; what a training made.
    classifier_version_id: Mapped[int | None] = mapped_column(ForeignKey("classifier_version.id"))
    #: The dataset that a training reads, or that it froze.
    dataset_id: Mapped[int | None] = mapped_column(ForeignKey("dataset.id"))
    #: Which faces this job reads: `Face.detector_key`; set when its first batch has run.
    detector_key: Mapped[str | None] = mapped_column(String(80))

    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    #: Jobs take turns: the one that was served longest ago is claimed from next.
    last_claim_at: Mapped[datetime | None]
    error_code: Mapped[str | None] = mapped_column(String(64))
    error_message: Mapped[str | None] = mapped_column(Text)

    #: What its open batches do; the next stage begins when none is open.
    stage: Mapped[BatchKind] = mapped_column(text_enum(BatchKind))
    #: True once the input has been listed whole, so that `photos_found` is the total.
    listed: Mapped[bool] = mapped_column(default=False)
    photos_found: Mapped[int] = mapped_column(default=0)
    photos_done: Mapped[int] = mapped_column(default=0)
    photos_failed: Mapped[int] = mapped_column(default=0)
    photos_without_face: Mapped[int] = mapped_column(default=0)
    #: Files that were passed over because they are no photos.
    files_ignored: Mapped[int] = mapped_column(default=0)
    faces_with_mask: Mapped[int] = mapped_column(default=0)
    faces_without_mask: Mapped[int] = mapped_column(default=0)
    faces_incorrect: Mapped[int] = mapped_column(default=0)
    faces_indeterminate: Mapped[int] = mapped_column(default=0)
    #: Batches not yet done, quarantined or cancelled; the next stage starts at 0.
    batches_open: Mapped[int] = mapped_column(default=0)
    batches_quarantined: Mapped[int] = mapped_column(default=0)
    #: Progress of work that is not counted in photos: steps of a training, of all its stages.
    steps_found: Mapped[int] = mapped_column(default=0)
    steps_done: Mapped[int] = mapped_column(default=0)
