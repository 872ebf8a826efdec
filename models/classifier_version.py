"""Classifier versions."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class ClassifierVersion(Base):
    """A classifier with its metrics and files; exactly one is the champion."""

    __tablename__ = "classifier_version"
    __table_args__ = (
        Index(
            "uq_classifier_version_champion",
            "champion",
            unique=True,
            sqlite_where=text("champion"),
            postgresql_where=text("champion"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    #: Of the file that predicts; it identifies the version.
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    champion: Mapped[bool] = mapped_column(default=False)
    #: The version whose weights it was trained from; NULL where it started from ImageNet weights.
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("classifier_version.id"))
    #: What it was trained on; the training job is the one with this `Job.classifier_version_id`.
    dataset_id: Mapped[int | None] = mapped_column(ForeignKey("dataset.id"))
    #: The card: labels, input size, temperature, data, metrics.
    card: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
