"""The table of a reviewer's counters per day, so that pages need not count decisions."""

from datetime import date

from sqlalchemy import BigInteger, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigKey


class ReviewDay(Base):
    """Counters of one account on one day in the reviewer's time zone."""

    __tablename__ = "review_day"
    __table_args__ = (UniqueConstraint("account_id", "day"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    day: Mapped[date]
    #: Faces decided, without undone decisions.
    decided: Mapped[int] = mapped_column(default=0)
    #: Time that decisions took, at most a minute each.
    milliseconds: Mapped[int] = mapped_column(BigInteger, default=0)
    undone: Mapped[int] = mapped_column(default=0)
    skipped: Mapped[int] = mapped_column(default=0)
