"""The faces of two photos that show one picture, and which of them are labelled differently in the two."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from core.detection.geometry import SAME_FACE, overlap
from core.library.photo_faces import PhotoFace, read_faces
from models import Photo


@dataclass(frozen=True, kw_only=True)
class SideFace:
    """A face of one photo; `differs` where the same face of the other one has another label."""

    face: PhotoFace
    differs: bool


def read_side_faces(
    session: Session, kept: Photo, other: Photo, *, whole: bool
) -> tuple[tuple[SideFace, ...], tuple[SideFace, ...]]:
    """The faces of both photos, those that are labelled differently first, then from left to right.

    `whole` is False where one photo shows a part of the other: then no place tells which face is which.
    """
    both = [read_faces(session, photo.id) for photo in (kept, other)]
    ours, theirs = (_in_shares(faces, photo) for faces, photo in zip(both, (kept, other), strict=True))
    return _beside(both[0], ours, theirs if whole else []), _beside(both[1], theirs, ours if whole else [])


def _beside(
    faces: Sequence[PhotoFace], places: Sequence[PhotoFace], others: Sequence[PhotoFace]
) -> tuple[SideFace, ...]:
    judged = [
        SideFace(face=face, differs=_differs(place, others))
        for face, place in zip(faces, places, strict=True)
    ]
    return tuple(sorted(judged, key=lambda side: (not side.differs, side.face.x1)))


def _differs(place: PhotoFace, others: Sequence[PhotoFace]) -> bool:
    there = max(others, key=lambda other: overlap(place, other), default=None)
    if there is None or overlap(place, there) < SAME_FACE:
        return False
    return place.said is not None and there.said is not None and place.said is not there.said


def _in_shares(faces: Sequence[PhotoFace], photo: Photo) -> list[PhotoFace]:
    """The faces with their corners as shares of width and height: copies differ in size."""
    width, height = photo.width, photo.height
    return [
        replace(face, x1=face.x1 / width, x2=face.x2 / width, y1=face.y1 / height, y2=face.y2 / height)
        for face in faces
    ]
