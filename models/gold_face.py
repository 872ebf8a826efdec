"""The table of faces with a known label."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigKey, text_enum
from models.label import Label


class GoldFace(Base):
    """A face with a known label, mixed into queues to measure reviewers."""

    __tablename__ = "gold_face"

    face_id: Mapped[int] = mapped_column(
        BigKey, ForeignKey("face.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    label: Mapped[Label] = mapped_column(text_enum(Label))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    created_at: Mapped[datetime]
