"""People who sign in, and the one-time links that let them."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, text_enum


class Role(StrEnum):
    """What a person may do here."""

    #: Everything.
    LEAD = "lead"
    #: Decide faces and edit boxes, and look at what that needs.
    REVIEWER = "reviewer"


class Account(Base):
    """One person; the first one, `owner`, is made with the database."""

    __tablename__ = "account"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[Role] = mapped_column(text_enum(Role), default=Role.LEAD)
    #: argon2id, or NULL while only one-time links sign this person in.
    password_hash: Mapped[str | None] = mapped_column(String(256))
    #: Part of every browser session; a new value signs all of them out.
    session_salt: Mapped[str] = mapped_column(String(32))
    created_at: Mapped[datetime]


class SignInLink(Base):
    """A link that signs a browser in once."""

    __tablename__ = "sign_in_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    #: SHA-256 of the secret: the database alone signs nobody in.
    secret_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
