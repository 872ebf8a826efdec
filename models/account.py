"""Accounts, what limited ones have, and one-time sign-in links."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, false
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, text_enum


class Role(StrEnum):
    """What an account may do."""

    #: Everything.
    LEAD = "lead"
    #: Decide faces and edit boxes.
    REVIEWER = "reviewer"
    #: See jobs, results and the library, and download them; decides nothing and starts nothing.
    VIEWER = "viewer"


class Account(Base):
    """One person; the first one, `owner`, is created with the database."""

    __tablename__ = "account"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[Role] = mapped_column(text_enum(Role), default=Role.LEAD)
    #: argon2id; NULL without a password.
    password_hash: Mapped[str | None] = mapped_column(String(256))
    #: Whether it has only the series and queues of `AccountSeries` and `AccountQueue`, which may be none.
    limited: Mapped[bool] = mapped_column(default=False, server_default=false())
    created_at: Mapped[datetime]

    @property
    def is_limited(self) -> bool:
        """Whether limits hold for it now: leads see everything, whatever they were before."""
        return self.limited and self.role is not Role.LEAD


class AccountSeries(Base):
    """A series that a limited account has: all jobs of a schedule."""

    __tablename__ = "account_series"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), primary_key=True)
    schedule_id: Mapped[int] = mapped_column(
        ForeignKey("schedule.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class AccountQueue(Base):
    """A review queue that a limited account has."""

    __tablename__ = "account_queue"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), primary_key=True)
    queue_id: Mapped[int] = mapped_column(
        ForeignKey("review_queue.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class BrowserSession(Base):
    """A browser that is signed in; its cookie is worth nothing once the row is gone."""

    __tablename__ = "browser_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    #: SHA-256 of the token in the cookie.
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class SignInLink(Base):
    """A link that signs in one browser once."""

    __tablename__ = "sign_in_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    #: SHA-256 of the secret, so that reading the database is not enough to sign in.
    secret_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    #: Printed by a start of the service; the next start makes it void.
    of_start: Mapped[bool] = mapped_column(default=False, server_default=false())
