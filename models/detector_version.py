"""Versions of the face detector that were trained here, and which of them finds the faces."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, text_enum
from models.promotion import PromotionKind


class DetectorVersion(Base):
    """A trained detector; at most one is the champion. Without one the installed detector finds the faces."""

    __tablename__ = "detector_version"
    __table_args__ = (
        Index(
            "uq_detector_version_champion",
            "champion",
            unique=True,
            sqlite_where=text("champion"),
            postgresql_where=text("champion"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    #: `Face.detector_key` of its faces begins with it.
    name: Mapped[str] = mapped_column(String(40))
    #: Of the network's file in the store of versions; it identifies the version.
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    bytes: Mapped[int]
    champion: Mapped[bool] = mapped_column(default=False)
    #: The version whose weights it was trained from; NULL where it started from the installed detector.
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("detector_version.id"))
    #: The card: layout, what it was trained on, the curve of its training.
    card: Mapped[dict[str, Any]]
    #: Its metrics beside the champion's on the same held-back photos, as `DetectorEvaluation.to_json` writes
    #: them; NULL before the first evaluation.
    evaluation: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime]


class DetectorPromotion(Base):
    """One change of the detector that finds the faces."""

    __tablename__ = "detector_promotion"

    id: Mapped[int] = mapped_column(primary_key=True)
    #: NULL where the installed detector finds the faces again.
    detector_version_id: Mapped[int | None] = mapped_column(ForeignKey("detector_version.id"), index=True)
    #: The champion before; NULL for the installed detector.
    previous_id: Mapped[int | None] = mapped_column(ForeignKey("detector_version.id"))
    kind: Mapped[PromotionKind] = mapped_column(text_enum(PromotionKind))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    reason: Mapped[str | None] = mapped_column(Text)
    #: The result of the gate with its metrics at that time.
    gate: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime]
