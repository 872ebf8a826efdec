"""The table of flagged faces."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigKey

_OPEN = text("resolved_at IS NULL")


class FaceFlag(Base):
    """A flag on a face; removing it or deciding the face from a queue of flagged faces resolves it."""

    __tablename__ = "face_flag"
    __table_args__ = (
        Index("uq_face_flag_open", "face_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    face_id: Mapped[int] = mapped_column(ForeignKey("face.id", ondelete="CASCADE"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    created_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]
