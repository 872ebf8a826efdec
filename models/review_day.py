"""How much a reviewer did on a day, so that pages need not count decisions."""

from datetime import date

from sqlalchemy import BigInteger, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigKey


class ReviewDay(Base):
    """Sums of one account on one day, as the reviewer's own calendar has it."""

    __tablename__ = "review_day"
    __table_args__ = (UniqueConstraint("account_id", "day"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    day: Mapped[date]
    #: Faces decided, less those taken back.
    decided: Mapped[int] = mapped_column(default=0)
    #: Time that decisions took; a minute at most is counted for each.
    milliseconds: Mapped[int] = mapped_column(BigInteger, default=0)
    undone: Mapped[int] = mapped_column(default=0)
    skipped: Mapped[int] = mapped_column(default=0)
