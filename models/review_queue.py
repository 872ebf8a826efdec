"""A queue of faces that people decide."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, text_enum


class QueueState(StrEnum):
    """Where a review queue stands."""

    #: A worker still chooses its faces.
    FILLING = "filling"
    OPEN = "open"
    #: Gives out no more faces; what was decided stays.
    CLOSED = "closed"


class ReviewReason(StrEnum):
    """Why a face was chosen; the shares of a queue name the first nine."""

    #: The classifier hesitates between two labels.
    UNCERTAIN = "uncertain"
    #: Two classifier versions say different labels.
    DISAGREEMENT = "disagreement"
    #: What was decided is likely wrong, as cleanlab judges.
    LABEL_ERROR = "label_error"
    #: It may have the label that the fewest decided faces have.
    RARE = "rare"
    #: It looks unlike the others.
    DIVERSE = "diverse"
    #: Drawn by chance, with the guess hidden: what the classifier is measured by.
    AUDIT = "audit"
    #: Somebody flagged it.
    FLAGGED = "flagged"
    #: A reviewer decided it; somebody looks again.
    AGAIN = "again"
    #: Every face that fits, in the order it came.
    ALL = "all"
    #: Two people decided differently; a third one settles it.
    CONFLICT = "conflict"
    #: The answer is known: it measures the reviewer and is no decision.
    GOLD = "gold"


class ReviewQueue(Base):
    """A queue; its faces are chosen once, by the job that fills it, and stand in ranked rows."""

    __tablename__ = "review_queue"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    state: Mapped[QueueState] = mapped_column(text_enum(QueueState))
    #: Shares, narrowing, and how it is decided: `QueueOptions` as JSON.
    options: Mapped[dict[str, Any]]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    #: The job that fills it.
    job_id: Mapped[int | None] = mapped_column(ForeignKey("job.id", ondelete="SET NULL"), index=True)
    #: Items in all, second looks and conflicts among them, and those that are decided.
    items: Mapped[int] = mapped_column(default=0)
    items_decided: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
