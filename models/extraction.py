"""Records that a photo was searched for faces, which tells "no face" from "not searched yet"."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigKey


class Extraction(Base):
    """One search of one photo by one detector with one set of options."""

    __tablename__ = "extraction"
    __table_args__ = (UniqueConstraint("photo_id", "detector_key"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    photo_id: Mapped[int] = mapped_column(ForeignKey("photo.id", ondelete="CASCADE"))
    detector_key: Mapped[str] = mapped_column(String(80))
    faces: Mapped[int]
    created_at: Mapped[datetime]
