"""How far reviewers agreed when it was last measured."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class Agreement(Base):
    """The figures of one measurement over all blind second decisions."""

    __tablename__ = "agreement"

    id: Mapped[int] = mapped_column(primary_key=True)
    #: Faces that two people decided without knowing of each other.
    faces: Mapped[int]
    #: Alpha and kappas over all, by label and by pair of reviewers; a value is null where it is not defined.
    figures: Mapped[dict[str, Any]]
    job_id: Mapped[int | None] = mapped_column(ForeignKey("job.id", ondelete="SET NULL"))
    created_at: Mapped[datetime]
