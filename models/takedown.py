"""Records of removals, and the hashes of removed photos."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigKey, text_enum


class TakedownBy(StrEnum):
    """How a removal names its photos."""

    PHOTO = "photo"
    PAGE = "page"
    HOST = "host"
    PHRASE = "phrase"
    #: Chosen photos, or what a filter of the library matches.
    SELECTION = "selection"


class Takedown(Base):
    """One removal: the request, and numbers of what was deleted; nothing of the photos is kept."""

    __tablename__ = "takedown"

    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[int | None] = mapped_column(ForeignKey("job.id", ondelete="SET NULL"), unique=True)
    by: Mapped[TakedownBy] = mapped_column(text_enum(TakedownBy))
    #: Photo number, page address, host, phrase or the selection in words.
    target: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text, default="")
    photos: Mapped[int] = mapped_column(default=0)
    bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    faces: Mapped[int] = mapped_column(default=0)
    predictions: Mapped[int] = mapped_column(default=0)
    #: Deleted decisions by label: {"with_mask": 12, ...}.
    decisions: Mapped[dict[str, Any]] = mapped_column(default=dict)
    #: Deleted faces by dataset id: {"3": 12, ...}.
    datasets: Mapped[dict[str, Any]] = mapped_column(default=dict)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    created_at: Mapped[datetime]


class RemovedPhoto(Base):
    """The hash of a removed photo, by which crawls skip it."""

    __tablename__ = "removed_photo"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    takedown_id: Mapped[int] = mapped_column(ForeignKey("takedown.id", ondelete="CASCADE"), index=True)
