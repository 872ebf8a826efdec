"""Files that a browser sent, waiting for the job that reads them."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigKey


class Upload(Base):
    """One submission's files; they arrive in several requests before the job is asked for."""

    __tablename__ = "upload"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    #: What the browser names it by; not guessable.
    token: Mapped[str] = mapped_column(String(32), unique=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    #: Files taken or refused so far, and the bytes of the taken ones.
    files: Mapped[int] = mapped_column(default=0)
    bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    created_at: Mapped[datetime]


class UploadFile(Base):
    """One file of an upload: a photo, or a zip of photos."""

    __tablename__ = "upload_file"
    __table_args__ = (UniqueConstraint("upload_id", "ordinal"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    upload_id: Mapped[int] = mapped_column(ForeignKey("upload.id", ondelete="CASCADE"))
    #: 0, 1, 2 ... as the files came.
    ordinal: Mapped[int]
    #: The name the browser gave, with the folder path of a dragged folder, as raw bytes.
    locator: Mapped[bytes] = mapped_column(LargeBinary)
    #: The locator as text that can be shown.
    name: Mapped[str] = mapped_column(Text)
    #: Where the bytes are kept; NULL where the file was refused.
    sha256: Mapped[str | None] = mapped_column(String(64))
    bytes: Mapped[int] = mapped_column(BigInteger)
    #: Why the file was refused at the door; it still is a row of the report.
    error_code: Mapped[str | None] = mapped_column(String(64))
    error_message: Mapped[str | None] = mapped_column(Text)
