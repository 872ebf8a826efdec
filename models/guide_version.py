"""The table of versions of the labelling guide."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, JsonObject


class GuideVersion(Base):
    """One version of the guide; rows are only added, the newest is shown."""

    __tablename__ = "guide_version"

    id: Mapped[int] = mapped_column(primary_key=True)
    #: Plain text by section: `general` or the value of an answer.
    texts: Mapped[dict[str, str]] = mapped_column(JsonObject)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    created_at: Mapped[datetime]
