"""The table of measured agreement."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class Agreement(Base):
    """One measurement over all blind second decisions."""

    __tablename__ = "agreement"

    id: Mapped[int] = mapped_column(primary_key=True)
    #: Faces with two blind decisions.
    faces: Mapped[int]
    #: Alpha and kappas over all labels, by label and by pair of reviewers; null if undefined.
    figures: Mapped[dict[str, Any]]
    job_id: Mapped[int | None] = mapped_column(ForeignKey("job.id", ondelete="SET NULL"))
    created_at: Mapped[datetime]
