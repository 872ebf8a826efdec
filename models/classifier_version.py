"""One trained classifier."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class ClassifierVersion(Base):
    """A classifier with its figures and files; exactly one is the champion."""

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
    #: Of the file that predicts; the version is known by it.
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    champion: Mapped[bool] = mapped_column(default=False)
    #: The version whose weights it was trained from; NULL where it began with ImageNet's.
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("classifier_version.id"))
    #: What it was trained on; the training job that made it names it in `Job.classifier_version_id`.
    dataset_id: Mapped[int | None] = mapped_column(ForeignKey("dataset.id"))
    #: The card: labels, input size, temperature, data, figures.
    card: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
