"""Splits of datasets, and the groups that are never divided between them."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigKey, text_enum


class Split(StrEnum):
    """The split of a face in a dataset."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


class SplitGroup(Base):
    """Photos of the same people in the same scene: all their faces stay in one split."""

    __tablename__ = "split_group"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    #: SHA-256 of the first photo of the group, which determines the split.
    key: Mapped[str] = mapped_column(String(64), unique=True)
    split: Mapped[Split] = mapped_column(text_enum(Split))
    created_at: Mapped[datetime]
