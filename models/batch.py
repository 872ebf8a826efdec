"""A batch: the slice of a job that one worker processes under a lease."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigKey, text_enum


class BatchState(StrEnum):
    """State of a batch."""

    WAITING = "waiting"
    LEASED = "leased"
    DONE = "done"
    #: Failed in its last attempt, with `error_code`; a retry sets it waiting again.
    QUARANTINED = "quarantined"
    CANCELLED = "cancelled"


class Batch(Base):
    """One batch; a worker holds it while the row has its token and the lease lasts."""

    __tablename__ = "batch"
    __table_args__ = (
        UniqueConstraint("job_id", "kind", "sequence"),
        Index("ix_batch_job_id_state_not_before", "job_id", "state", "not_before"),
        Index("ix_batch_state_lease_until", "state", "lease_until"),
        Index("ix_batch_job_id_finished_at", "job_id", "finished_at"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    job_id: Mapped[int] = mapped_column(ForeignKey("job.id", ondelete="CASCADE"))
    #: Name of the stage.
    kind: Mapped[str] = mapped_column(String(32))
    #: First position of the range for predict batches; unique within job and kind.
    sequence: Mapped[int]
    #: Range of `JobPhoto.position`, both inclusive; NULL for batches that are not about photos.
    first_position: Mapped[int | None]
    last_position: Mapped[int | None]
    #: The stage's payload model as JSON: its input besides the range, or where the next attempt continues.
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict)

    state: Mapped[BatchState] = mapped_column(text_enum(BatchState))
    #: New at each claim; only the holder of the current token can write results.
    token: Mapped[str | None] = mapped_column(String(32))
    lease_until: Mapped[datetime | None]
    worker: Mapped[str | None] = mapped_column(String(128))
    attempts: Mapped[int] = mapped_column(default=0)
    #: Waiting batches are not claimed before this time (retry backoff).
    not_before: Mapped[datetime]
    claimed_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    error_code: Mapped[str | None] = mapped_column(String(64))
    error_message: Mapped[str | None] = mapped_column(Text)
