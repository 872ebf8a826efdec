"""The table of review queues."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, text_enum


class QueueState(StrEnum):
    """States of a queue."""

    #: A worker is choosing its faces.
    FILLING = "filling"
    OPEN = "open"
    #: Gives out no more faces; its decisions are kept.
    CLOSED = "closed"


class ReviewReason(StrEnum):
    """Why a face was chosen; all but CONFLICT and GOLD can have a share of a queue."""

    #: Two labels are almost equally probable.
    UNCERTAIN = "uncertain"
    #: Two classifier versions predict different labels.
    DISAGREEMENT = "disagreement"
    #: The decision is likely wrong, by cleanlab.
    LABEL_ERROR = "label_error"
    #: It may have the label with the fewest decided faces.
    RARE = "rare"
    #: It differs from the others.
    DIVERSE = "diverse"
    #: Random sample with hidden prediction, to measure the classifier.
    AUDIT = "audit"
    #: It has an open flag.
    FLAGGED = "flagged"
    #: It is decided and shall be decided again.
    AGAIN = "again"
    #: All matching faces, oldest first.
    ALL = "all"
    #: Two people decided differently; a third one decides.
    CONFLICT = "conflict"
    #: The label is known; the answer measures the reviewer and is no decision.
    GOLD = "gold"


class ReviewQueue(Base):
    """A queue; the job that fills it chooses its faces once."""

    __tablename__ = "review_queue"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    state: Mapped[QueueState] = mapped_column(text_enum(QueueState))
    #: `QueueOptions` as JSON.
    options: Mapped[dict[str, Any]]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    #: The job that fills it.
    job_id: Mapped[int | None] = mapped_column(ForeignKey("job.id", ondelete="SET NULL"), index=True)
    #: Items, including second decisions and conflicts, and decided items.
    items: Mapped[int] = mapped_column(default=0)
    items_decided: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
