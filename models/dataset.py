"""Frozen, numbered snapshots of labelled faces."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigKey, text_enum
from models.label import Label
from models.split import Split


class Dataset(Base):
    """A dataset; its number is its id, and it never changes.

    Only a takedown removes faces from it, and `faces_removed` counts them.
    """

    __tablename__ = "dataset"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    #: Of every face's identity, label and split: the same input gives the same hash.
    content_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    #: The freeze options as JSON.
    options: Mapped[dict[str, Any]]
    faces: Mapped[int]
    photos: Mapped[int]
    #: Faces by split and label: {"train": {"with_mask": 12, ...}, ...}; and faces left out, by reason.
    counts: Mapped[dict[str, Any]]
    #: Photos by licence of their sources, "unknown" where they name none.
    licences: Mapped[dict[str, Any]]
    #: Faces that removals have deleted since.
    faces_removed: Mapped[int] = mapped_column(default=0)
    #: When its test split was pinned as a golden test set, which is never trained on; NULL otherwise.
    pinned_at: Mapped[datetime | None]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    created_at: Mapped[datetime]


class DatasetFace(Base):
    """One face of a dataset with the label and the split it had when the dataset was frozen."""

    __tablename__ = "dataset_face"
    __table_args__ = (Index("ix_dataset_face_dataset_id_split", "dataset_id", "split"),)

    dataset_id: Mapped[int] = mapped_column(ForeignKey("dataset.id", ondelete="CASCADE"), primary_key=True)
    face_id: Mapped[int] = mapped_column(
        BigKey, ForeignKey("face.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    label: Mapped[Label] = mapped_column(text_enum(Label))
    split: Mapped[Split] = mapped_column(text_enum(Split))
    #: The decision that gave the label.
    decision_id: Mapped[int | None] = mapped_column(ForeignKey("decision.id", ondelete="SET NULL"))
