"""Embeddings of photos, by which similar photos are found."""

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigKey


class PhotoEmbedding(Base):
    """A photo's embedding, written by duplicate jobs that search for similar photos."""

    __tablename__ = "photo_embedding"

    photo_id: Mapped[int] = mapped_column(
        BigKey, ForeignKey("photo.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    #: Identifies the network; embeddings of two networks cannot be compared.
    network: Mapped[str] = mapped_column(String(32))
    #: Signed bytes of which only the direction counts; NULL for a sheet of one colour.
    vector: Mapped[bytes | None] = mapped_column(LargeBinary)
    #: Share of the photo that is picture, not bars at its borders.
    picture: Mapped[float]
    #: When it was compared with the others; NULL: not yet.
    compared_at: Mapped[datetime | None]
