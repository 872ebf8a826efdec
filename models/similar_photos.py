"""Pairs of photos of which one contains the other, although their hashes differ."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigKey


class SimilarPhotos(Base):
    """A pair found by a duplicate job; regrouping reads it from here."""

    __tablename__ = "similar_photos"

    #: The smaller photo id of the two.
    first_photo_id: Mapped[int] = mapped_column(
        BigKey, ForeignKey("photo.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    second_photo_id: Mapped[int] = mapped_column(
        BigKey, ForeignKey("photo.id", ondelete="CASCADE"), primary_key=True, autoincrement=False, index=True
    )
    #: Similarity of their embeddings.
    cosine: Mapped[float]
