"""The input files of jobs, with the result of each."""

from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigKey, text_enum


class JobPhotoState(StrEnum):
    """State of a job's file."""

    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"


def _filter_index(name: str, condition: str) -> Index:
    """A partial index for one results filter, so that rare rows are found quickly."""
    where = text(condition)
    return Index(f"ix_job_photo_{name}", "job_id", "position", sqlite_where=where, postgresql_where=where)


class JobPhoto(Base):
    """A file of a job with its result: one row of the report."""

    __tablename__ = "job_photo"
    __table_args__ = (
        UniqueConstraint("job_id", "position"),
        # For selections of the library, which read the photos of a job by their ids.
        Index("ix_job_photo_job_id_photo_id", "job_id", "photo_id"),
        _filter_index("failed", "state = 'failed'"),
        _filter_index("no_face", "state = 'done' AND faces = 0"),
        _filter_index("with_mask", "with_mask > 0"),
        _filter_index("without_mask", "without_mask > 0"),
        _filter_index("incorrect", "incorrect > 0"),
        _filter_index("indeterminate", "indeterminate > 0"),
        _filter_index("left_out", "objects_left_out > 0"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    job_id: Mapped[int] = mapped_column(ForeignKey("job.id", ondelete="CASCADE"))
    #: 0, 1, 2 ... in listing order.
    position: Mapped[int]
    #: Raw bytes of the path below the job's folder, or of the name in an upload or archive.
    locator: Mapped[bytes] = mapped_column(LargeBinary)
    #: The locator as text.
    name: Mapped[str] = mapped_column(Text)
    #: Hash in the photo store, for uploads; NULL for photos read in place.
    stored_sha256: Mapped[str | None] = mapped_column(String(64))
    #: Labels of a labelled set, as `core.datasets.importing.truth` writes them; NULL in other jobs.
    truth: Mapped[dict[str, Any] | None]
    #: Objects of its annotation that an import left out.
    objects_left_out: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    state: Mapped[JobPhotoState] = mapped_column(text_enum(JobPhotoState))
    photo_id: Mapped[int | None] = mapped_column(ForeignKey("photo.id"), index=True)
    error_code: Mapped[str | None] = mapped_column(String(64))
    error_message: Mapped[str | None] = mapped_column(Text)
    #: Faces shown by the report: those that are not `not_a_face`.
    faces: Mapped[int] = mapped_column(default=0)
    with_mask: Mapped[int] = mapped_column(default=0)
    without_mask: Mapped[int] = mapped_column(default=0)
    incorrect: Mapped[int] = mapped_column(default=0)
    indeterminate: Mapped[int] = mapped_column(default=0)
    #: Confidence of the least certain face, NULL without faces.
    least_confidence: Mapped[float | None]
