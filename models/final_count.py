"""Faces by final label, where they may differ from the counts of what was predicted."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigKey


def _filter_index(name: str, condition: str) -> Index:
    """A partial index for one results filter, so that rare rows are found quickly."""
    where = text(condition)
    return Index(f"ix_final_count_{name}", "job_id", "position", sqlite_where=where, postgresql_where=where)


class FinalCount(Base):
    """The counts of a job's file about whose faces people said something; other files have no row."""

    __tablename__ = "final_count"
    __table_args__ = (
        UniqueConstraint("job_id", "position"),
        # Finds what changed since a report.
        Index("ix_final_count_job_id_changed_at", "job_id", "changed_at"),
        Index(
            "ix_final_count_to_count",
            "job_photo_id",
            sqlite_where=text("changed_at IS NULL"),
            postgresql_where=text("changed_at IS NULL"),
        ),
        _filter_index("no_face", "faces = 0"),
        _filter_index("with_mask", "with_mask > 0"),
        _filter_index("without_mask", "without_mask > 0"),
        _filter_index("incorrect", "incorrect > 0"),
        _filter_index("indeterminate", "indeterminate > 0"),
        _filter_index("not_labelled", "not_labelled > 0"),
    )

    job_photo_id: Mapped[int] = mapped_column(
        BigKey, ForeignKey("job_photo.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    job_id: Mapped[int] = mapped_column(ForeignKey("job.id", ondelete="CASCADE"))
    #: `JobPhoto.position`.
    position: Mapped[int]
    #: Faces that count; the sum of the labels.
    faces: Mapped[int]
    with_mask: Mapped[int]
    without_mask: Mapped[int]
    incorrect: Mapped[int]
    indeterminate: Mapped[int]
    not_labelled: Mapped[int]
    #: Confidence of the least certain face that counts and that nobody decided; NULL without one.
    least_confidence: Mapped[float | None]
    #: When people last said something about one of its faces; NULL for a row that waits to be counted.
    changed_at: Mapped[datetime | None]


class FinalSum(Base):
    """By how much the sums of a job's `FinalCount` rows exceed the counters of the job, label by label."""

    __tablename__ = "final_sum"

    job_id: Mapped[int] = mapped_column(
        BigKey, ForeignKey("job.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    with_mask: Mapped[int]
    without_mask: Mapped[int]
    incorrect: Mapped[int]
    indeterminate: Mapped[int]
    not_labelled: Mapped[int]
    photos_without_face: Mapped[int]
