"""Tokens by which programs call the API."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigKey


class Scope(StrEnum):
    """What a token may do; `admin` may do everything."""

    #: Read jobs, photos, faces, decisions, reports.
    READ = "read"
    #: Request jobs and send files.
    SUBMIT = "submit"
    #: Decide faces.
    REVIEW = "review"
    ADMIN = "admin"


class ApiToken(Base):
    """One token; only its hash is stored, so it is shown once."""

    __tablename__ = "api_token"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    #: SHA-256 of the token; its 256 random bits need no slower hash.
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    #: The first characters of the token, by which people recognise it.
    prefix: Mapped[str] = mapped_column(String(16))
    #: Values of `Scope`.
    scopes: Mapped[list[str]]
    created_at: Mapped[datetime]
    #: NULL: it does not expire.
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    #: To the minute; NULL: never used.
    last_used_at: Mapped[datetime | None]


class IdempotencyKey(Base):
    """A request that a program may send again: the second one gets the answer of the first."""

    __tablename__ = "idempotency_key"
    __table_args__ = (UniqueConstraint("token_id", "key"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    token_id: Mapped[int] = mapped_column(ForeignKey("api_token.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(128))
    #: SHA-256 of method, address and body.
    request_sha256: Mapped[str] = mapped_column(String(64))
    #: The job that the request created; NULL where it created something else.
    job_id: Mapped[int | None] = mapped_column(ForeignKey("job.id", ondelete="CASCADE"))
    #: The number of what it created otherwise, such as an upload; of which kind it is says the address.
    made_id: Mapped[int | None]
    created_at: Mapped[datetime]
