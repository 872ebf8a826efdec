"""What a classifier version was measured at on one test set."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class Evaluation(Base):
    """Figures of a version on the test split of a dataset; the faces behind them are its predictions."""

    __tablename__ = "evaluation"
    __table_args__ = (UniqueConstraint("classifier_version_id", "dataset_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    classifier_version_id: Mapped[int] = mapped_column(
        ForeignKey("classifier_version.id", ondelete="CASCADE")
    )
    dataset_id: Mapped[int] = mapped_column(ForeignKey("dataset.id"), index=True)
    faces: Mapped[int]
    #: Everything the page shows: figures by label, confusion, curves, calibration, slices, intervals.
    figures: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
