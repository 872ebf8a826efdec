"""The table of recent attempts to sign in with a password, which limits guessing over all web processes."""

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class SignInAttempt(Base):
    """An attempt that failed, or whose password is being checked; deleted after five minutes."""

    __tablename__ = "sign_in_attempt"
    __table_args__ = (
        Index("ix_sign_in_attempt_client", "client", "at"),
        Index("ix_sign_in_attempt_account", "account", "at"),
        Index("ix_sign_in_attempt_at", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    #: Address, or network of IPv6 addresses, from which it came.
    client: Mapped[str] = mapped_column(String(64))
    #: SHA-256 of the name that was given, as hexadecimal digits: any text may be given.
    account: Mapped[str] = mapped_column(String(64))
