"""The table of faces: boxes in photos, found by a detector or drawn by a person."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, BigInteger, ColumnElement, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigKey, text_enum

#: `Face.detector_key` of faces drawn by a person or imported from a labelled set.
DRAWN = "drawn"


class BoxState(StrEnum):
    """Result of box edits."""

    #: Drawn, accepted, or present when the photo was marked as boxed.
    ACCEPTED = "accepted"
    #: Replaced by another box, see `BoxEdit.replaced_id`.
    REPLACED = "replaced"
    #: Removed: it shows no face, or another box has the face.
    REMOVED = "removed"


class Face(Base):
    """A face; a detector with the same options finds it once, whichever job runs it."""

    __tablename__ = "face"
    __table_args__ = (
        UniqueConstraint("photo_id", "detector_key", "ordinal"),
        # Finds drawn faces among detected ones.
        Index(
            "ix_face_drawn",
            "photo_id",
            sqlite_where=text("detector_key = 'drawn'"),
            postgresql_where=text("detector_key = 'drawn'"),
        ),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    photo_id: Mapped[int] = mapped_column(ForeignKey("photo.id", ondelete="CASCADE"))
    #: Identifies the detector's code and file, and all options that affect boxes; `drawn` for a
    #: face drawn by a person or imported from a labelled set.
    detector_key: Mapped[str] = mapped_column(String(80))
    #: 0, 1, 2 ... by descending score within the photo.
    ordinal: Mapped[int]
    #: Corners in pixels of the upright full-size photo, x2 and y2 exclusive.
    x1: Mapped[float]
    y1: Mapped[float]
    x2: Mapped[float]
    y2: Mapped[float]
    #: The detector's confidence, 0 to 1.
    score: Mapped[float]
    #: Five [x, y]: right eye, left eye, nose tip, right and left mouth corner.
    landmarks: Mapped[list[list[float]]] = mapped_column(JSON)
    #: Variance of the Laplacian of the face at 112 px, grey: the lower, the more blurred. NULL: not measured.
    blur: Mapped[float | None]
    #: Mean grey level of the face, 0 to 255.
    brightness: Mapped[float | None]
    #: 64-bit hashes of the face's square crop, signed: the same face in two photos joins their split groups.
    phash: Mapped[int | None] = mapped_column(BigInteger)
    dhash: Mapped[int | None] = mapped_column(BigInteger)
    #: NULL without edits. The corners never change.
    box_state: Mapped[BoxState | None] = mapped_column(text_enum(BoxState))
    created_at: Mapped[datetime]


def box_is_current() -> ColumnElement[bool]:
    """Condition: the box was not replaced or removed."""
    return Face.box_state.is_(None) | (Face.box_state == BoxState.ACCEPTED)
