"""Photos, identified by the SHA-256 of their bytes."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, false, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigKey, text_enum
from models.split import Split


def _missing_index(name: str, condition: str) -> Index:
    """A partial index of the photos that a duplicate job still has to process."""
    where = text(condition)
    return Index(f"ix_photo_{name}", "id", sqlite_where=where, postgresql_where=where)


class Photo(Base):
    """A picture; the same bytes under two names are one photo with two sources."""

    __tablename__ = "photo"
    __table_args__ = (
        # The photos that exports take, in the order of their ids.
        Index(
            "ix_photo_boxed",
            "id",
            sqlite_where=text("boxed_at IS NOT NULL"),
            postgresql_where=text("boxed_at IS NOT NULL"),
        ),
        # For selections of the library by date.
        Index("ix_photo_created_at_id", "created_at", "id"),
        _missing_index("not_hashed", "phash IS NULL"),
        _missing_index("not_compared", "compared_at IS NULL"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    bytes: Mapped[int] = mapped_column(BigInteger)
    #: Of the upright full-size photo, in pixels.
    width: Mapped[int]
    height: Mapped[int]
    format: Mapped[str] = mapped_column(String(16))
    #: Frames in the file; only the first one is read.
    frames: Mapped[int] = mapped_column(default=1)
    #: Remarks on the file, values of `PhotoNote`: what a reader of its row should know.
    notes: Mapped[list[str]] = mapped_column(default=list, server_default="[]")
    #: Whether the bytes are in the photo store; else they are read from a source.
    stored: Mapped[bool] = mapped_column(default=False)
    #: When its picture was deleted because its retention ended; its file is not read any more. NULL again
    #: when a later job brings the same bytes.
    erased_at: Mapped[datetime | None]
    #: 64-bit perceptual and difference hashes of the upright photo, signed; NULL until hashed.
    phash: Mapped[int | None] = mapped_column(BigInteger)
    dhash: Mapped[int | None] = mapped_column(BigInteger)
    #: SHA-256 of size and upright pixels; NULL until the photo was decoded at full scale.
    pixel_hash: Mapped[str | None] = mapped_column(String(64), index=True)
    #: When it was compared with the other photos; NULL: not yet.
    compared_at: Mapped[datetime | None]
    #: Whether it is hidden because another photo of its duplicate group is kept.
    hidden: Mapped[bool] = mapped_column(default=False, server_default=false())
    #: Time of capture from EXIF: ISO, of the camera's clock, without time zone.
    taken_at: Mapped[str | None] = mapped_column(String(32))
    #: Minutes by which the camera's clock was ahead of UTC, from EXIF; NULL where it does not say.
    taken_offset: Mapped[int | None]
    #: Make and model of the camera from EXIF; "" where it names none, NULL where it was not read.
    camera: Mapped[str | None] = mapped_column(String(120))
    #: Decided when one of its faces first entered a dataset.
    split_group_id: Mapped[int | None] = mapped_column(ForeignKey("split_group.id"), index=True)
    #: The split that an imported set gives it, where the import was to keep it; a new group takes it on.
    brought_split: Mapped[Split | None] = mapped_column(text_enum(Split))
    #: When a person marked the boxes as complete; NULL if they are not.
    boxed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
