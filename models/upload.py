"""Uploaded files, before and after their job is requested."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigKey


class Upload(Base):
    """The files of one job, which arrive in several requests before the job is requested."""

    __tablename__ = "upload"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    #: Secret token, which the browser sends with each request.
    token: Mapped[str] = mapped_column(String(32), unique=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    #: Files accepted or refused so far, and bytes of the accepted ones.
    files: Mapped[int] = mapped_column(default=0)
    bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    #: What the browser skipped in the chosen folder, as `SkippedNames.to_json` writes it; NULL if unknown.
    files_skipped: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime]
    #: When it is deleted unless a job reads it; later with everything that arrives.
    expires_at: Mapped[datetime]
    #: When a job that reads it was requested: nothing can be added any more.
    closed_at: Mapped[datetime | None]


class UploadFile(Base):
    """One file of an upload: a photo, or a zip of photos."""

    __tablename__ = "upload_file"
    __table_args__ = (UniqueConstraint("upload_id", "ordinal"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    upload_id: Mapped[int] = mapped_column(ForeignKey("upload.id", ondelete="CASCADE"))
    #: 0, 1, 2 ... as the client numbers its files, or in order of arrival.
    ordinal: Mapped[int]
    #: The name the browser gave, with the folder path of a dragged folder, as raw bytes.
    locator: Mapped[bytes] = mapped_column(LargeBinary)
    #: The locator as text.
    name: Mapped[str] = mapped_column(Text)
    #: Hash in the photo store; NULL if the file was refused or has not arrived.
    sha256: Mapped[str | None] = mapped_column(String(64))
    #: The size that was announced; 0 if the file was refused.
    bytes: Mapped[int] = mapped_column(BigInteger)
    #: Bytes that have not arrived; at least 1 until the file is in the photo store.
    missing: Mapped[int] = mapped_column(BigInteger, default=0)
    #: Why the file was refused; it becomes a failed row of the report.
    error_code: Mapped[str | None] = mapped_column(String(64))
    error_message: Mapped[str | None] = mapped_column(Text)
