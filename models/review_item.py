"""The table of review items: faces of a queue that wait for one person's decision."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigKey, text_enum
from models.label import Choice, Label, NoLabel
from models.review_queue import ReviewReason


class ItemState(StrEnum):
    """States of an item."""

    WAITING = "waiting"
    LEASED = "leased"
    DECIDED = "decided"


#: Review slots of a face in a queue, stored in the column `seat`: the first decision, the blind second one,
#: and the third one that resolves a conflict. A gold face has one slot per reviewer: `GOLD_SLOT` + account.
FIRST_SLOT, SECOND_SLOT, THIRD_SLOT, GOLD_SLOT = 0, 1, 2, 1000

_LEASED = text("state = 'leased'")
_CONFLICT = text("seat = 2")


class ReviewItem(Base):
    """One review slot of one face; a reviewer may decide it while the lease lasts."""

    __tablename__ = "review_item"
    __table_args__ = (
        UniqueConstraint("queue_id", "face_id", "seat"),
        # The two orders in which items are claimed, with the accounts that are barred from an item.
        Index("ix_review_item_rank", "queue_id", "state", "rank", "barred_first_id", "barred_second_id"),
        Index("ix_review_item_guess", "queue_id", "state", "guess", "guess_score"),
        Index("ix_review_item_lease", "lease_until", sqlite_where=_LEASED, postgresql_where=_LEASED),
        Index("ix_review_item_conflict", "id", sqlite_where=_CONFLICT, postgresql_where=_CONFLICT),
        Index("ix_review_item_stack", "queue_id", "stack"),
        Index("ix_review_item_account", "account_id", "decided_at"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    queue_id: Mapped[int] = mapped_column(ForeignKey("review_queue.id", ondelete="CASCADE"))
    face_id: Mapped[int] = mapped_column(ForeignKey("face.id", ondelete="CASCADE"), index=True)
    #: The review slot.
    seat: Mapped[int]
    #: Items are given out in this order; a skipped one moves behind the others.
    rank: Mapped[int]
    reason: Mapped[ReviewReason] = mapped_column(text_enum(ReviewReason))
    #: True if a second person decides the face too, without seeing the first decision.
    second: Mapped[bool] = mapped_column(default=False)
    #: Accounts that decided the other slots and may not decide this one.
    barred_first_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    barred_second_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    #: Predicted label and its probability when the queue was filled; NULL without a prediction.
    guess: Mapped[Label | None] = mapped_column(text_enum(Label))
    guess_score: Mapped[float | None]
    #: Face id of the leader of a stack of near-identical faces; NULL outside of stacks.
    stack: Mapped[int | None] = mapped_column(BigInteger)

    state: Mapped[ItemState] = mapped_column(text_enum(ItemState))
    #: The account that holds or decided it.
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    #: The browser tab that holds it: two tabs of one person never have the same face.
    holder: Mapped[str | None] = mapped_column(String(36))
    lease_until: Mapped[datetime | None]
    #: `Decision.id` of the first decision of this slot since the last undo.
    decision_id: Mapped[int | None] = mapped_column(BigInteger)
    #: The decided label; NULL in a decided item means "can't tell". The only place of answers to gold faces.
    label: Mapped[Label | None] = mapped_column(text_enum(Label))
    decided_at: Mapped[datetime | None]
    milliseconds: Mapped[int | None]
    #: The grid page that it was decided with; undo reverts the whole page.
    page_key: Mapped[str | None] = mapped_column(String(36), index=True)

    @property
    def choice(self) -> Choice | None:
        """What was answered; None for an undecided item."""
        if self.state is not ItemState.DECIDED:
            return None
        return self.label or NoLabel.CANNOT_TELL
