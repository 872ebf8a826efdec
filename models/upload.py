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


class UploadFile(Base):
    """One file of an upload: a photo, or a zip of photos."""

    __tablename__ = "upload_file"
    __table_args__ = (UniqueConstraint("upload_id", "ordinal"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    upload_id: Mapped[int] = mapped_column(ForeignKey("upload.id", ondelete="CASCADE"))
    #: 0, 1, 2 ... in order of arrival.
    ordinal: Mapped[int]
    #: The name the browser gave, with the folder path of a dragged folder, as raw bytes.
    locator: Mapped[bytes] = mapped_column(LargeBinary)
    #: The locator as text.
    name: Mapped[str] = mapped_column(Text)
    #: Hash in the photo store; NULL if the file was refused.
    sha256: Mapped[str | None] = mapped_column(String(64))
    bytes: Mapped[int] = mapped_column(BigInteger)
    #: Why the file was refused; it becomes a failed row of the report.
    error_code: Mapped[str | None] = mapped_column(String(64))
    error_message: Mapped[str | None] = mapped_column(Text)
