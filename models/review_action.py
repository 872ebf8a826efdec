"""The table of applied review actions."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigKey


class ReviewAction(Base):
    """One action of a reviewer; its key keeps it from being applied twice."""

    __tablename__ = "review_action"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    key: Mapped[str] = mapped_column(String(36), unique=True)
    queue_id: Mapped[int] = mapped_column(ForeignKey("review_queue.id", ondelete="CASCADE"), index=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    #: `saved`, or why it was refused: `taken` or `gone`.
    outcome: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime]
