"""Accounts of an OpenID Connect provider that have signed in here."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class ExternalIdentity(Base):
    """One person at one provider; the provider says who they are, and `account` what they may do."""

    __tablename__ = "external_identity"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    #: `iss` and `sub` of the ID token: together they name the same person for ever, names do not.
    issuer: Mapped[str] = mapped_column(String(255))
    subject: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[datetime]
    #: When somebody removed their access here; they cannot sign in until a link is made for them.
    barred_at: Mapped[datetime | None]
