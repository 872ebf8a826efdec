"""Two photos of which one was found within the other, pixel by pixel, though their hashes differ."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigKey


class SimilarPhotos(Base):
    """Found once by a duplicate job; whoever lays groups out anew takes it from here."""

    __tablename__ = "similar_photos"

    #: The smaller photo id of the two.
    first_photo_id: Mapped[int] = mapped_column(
        BigKey, ForeignKey("photo.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    second_photo_id: Mapped[int] = mapped_column(
        BigKey, ForeignKey("photo.id", ondelete="CASCADE"), primary_key=True, autoincrement=False, index=True
    )
    #: Of their embeddings.
    cosine: Mapped[float]
