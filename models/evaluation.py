"""The metrics of a classifier version on one test set."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class Evaluation(Base):
    """Metrics of a version on the test split of a dataset, computed from its predictions."""

    __tablename__ = "evaluation"
    __table_args__ = (UniqueConstraint("classifier_version_id", "dataset_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    classifier_version_id: Mapped[int] = mapped_column(
        ForeignKey("classifier_version.id", ondelete="CASCADE")
    )
    dataset_id: Mapped[int] = mapped_column(ForeignKey("dataset.id"), index=True)
    faces: Mapped[int]
    #: The content of the page: metrics by label, confusion, curves, calibration, slices, intervals.
    metrics: Mapped[dict[str, Any]] = mapped_column("figures", key="metrics")
    created_at: Mapped[datetime]
