"""Predictions of classifier versions."""

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigKey, text_enum
from models.label import Label


class Prediction(Base):
    """Calibrated probabilities that sum to 1, one row per face and version.

    NULL stands for a label that the version does not predict.
    """

    __tablename__ = "prediction"
    __table_args__ = (UniqueConstraint("face_id", "classifier_version_id"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    face_id: Mapped[int] = mapped_column(ForeignKey("face.id", ondelete="CASCADE"))
    classifier_version_id: Mapped[int] = mapped_column(ForeignKey("classifier_version.id"))
    label: Mapped[Label] = mapped_column(text_enum(Label))
    with_mask: Mapped[float | None]
    without_mask: Mapped[float | None]
    incorrect: Mapped[float | None]
    not_a_face: Mapped[float | None]
