"""What the import of a labelled set left out, assumed and found, summed up for its page."""

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class ImportCount(Base):
    """One sum of an import job; its batches add to it."""

    __tablename__ = "import_count"

    job_id: Mapped[int] = mapped_column(ForeignKey("job.id", ondelete="CASCADE"), primary_key=True)
    #: What is counted: a problem of annotated objects, or a member of `Counted` in the importing topic.
    what: Mapped[str] = mapped_column(String(32), primary_key=True)
    #: The word of the objects as the set writes it; empty for other sums.
    word: Mapped[str] = mapped_column(String(100), primary_key=True)
    amount: Mapped[int] = mapped_column(default=0)
