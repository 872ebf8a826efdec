"""What the classifier's backbone sees of a whole photo: numbers by which similar photos are found."""

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigKey


class PhotoEmbedding(Base):
    """A photo's embedding; only duplicate jobs that were asked to look for similar photos make it."""

    __tablename__ = "photo_embedding"

    photo_id: Mapped[int] = mapped_column(
        BigKey, ForeignKey("photo.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    #: Of the network that it came from; those of two networks cannot be compared.
    network: Mapped[str] = mapped_column(String(32))
    #: Signed bytes of which only the direction counts; NULL for a sheet of one colour.
    vector: Mapped[bytes | None] = mapped_column(LargeBinary)
    #: Share of the photo that is picture, not bars at its borders.
    picture: Mapped[float]
    #: When the photo was compared by it with the others; NULL: it is to be compared.
    compared_at: Mapped[datetime | None]
