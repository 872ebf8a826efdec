"""Links by which people without an account download a report file until a date."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigKey


class DownloadLink(Base):
    """One link to one writing of a report file; it goes with the file."""

    __tablename__ = "download_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    report_id: Mapped[int] = mapped_column(BigKey, ForeignKey("report.id", ondelete="CASCADE"), index=True)
    #: Who made it; NULL once the account is gone.
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    #: Downloads that were begun.
    uses: Mapped[int] = mapped_column(default=0, server_default="0")
