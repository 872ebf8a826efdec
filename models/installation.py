"""The table that says which data folder belongs to the database."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class Installation(Base):
    """One row: the id of the data folder, which also stands in a file of that folder."""

    __tablename__ = "installation"

    id: Mapped[int] = mapped_column(primary_key=True)
    folder_id: Mapped[str] = mapped_column(String(36))
    created_at: Mapped[datetime]
