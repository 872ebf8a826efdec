"""The parts of a dataset, and the groups that are never cut between them."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigKey, text_enum


class Split(StrEnum):
    """The part of a dataset that a face belongs to."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


class SplitGroup(Base):
    """Photos that show the same people in the same scene: all of their faces are on one side for ever."""

    __tablename__ = "split_group"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    #: SHA-256 of the photo that founded the group; the side follows from it.
    key: Mapped[str] = mapped_column(String(64), unique=True)
    split: Mapped[Split] = mapped_column(text_enum(Split))
    created_at: Mapped[datetime]
