"""The history of the champion."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, text_enum


class PromotionKind(StrEnum):
    """Why a version became the champion."""

    #: It came with the installed release.
    INSTALLED = "installed"
    #: The gate passed and a person promoted the version.
    PERSON = "person"
    #: The gate passed in a scheduled training with automatic promotion.
    GATE = "gate"
    #: The gate did not pass and a person overruled it, with a reason.
    OVERRULED = "overruled"
    ROLLBACK = "rollback"


class Promotion(Base):
    """One change of the champion."""

    __tablename__ = "promotion"

    id: Mapped[int] = mapped_column(primary_key=True)
    classifier_version_id: Mapped[int] = mapped_column(ForeignKey("classifier_version.id"), index=True)
    #: The champion before; NULL for the first.
    previous_id: Mapped[int | None] = mapped_column(ForeignKey("classifier_version.id"))
    kind: Mapped[PromotionKind] = mapped_column(text_enum(PromotionKind))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    reason: Mapped[str | None] = mapped_column(Text)
    #: The result of the gate with its metrics at that time.
    gate: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime]
