"""Cover the eyes, or the whole face, of everybody in a picture, with one flat colour.

A flat colour cannot be undone, unlike blurring and large pixels. Only known faces are covered: the boxes that
a detector found or a person drew, also those that the classifier takes for no face. A face that nobody has
found stays as it is.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from PIL import Image, ImageDraw
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.labels.decisions import read_labels
from models import Face, Label
from models.face import box_is_current

Point = tuple[float, float]
Corners = tuple[float, float, float, float]

#: sRGB; dark, and no colour of a label.
_COLOUR = (32, 34, 40)
#: The band over the eyes, in distances between the eyes: above and below their line, and beyond each eye.
_ABOVE, _BELOW, _BEYOND = 0.5, 0.3, 0.75
#: Most of the way from the eyes to the tip of the nose that the band takes.
_TOWARDS_NOSE = 0.5
#: Eyes closer than this fraction of the box's width are those of a profile: the band follows the box.
_CLOSEST_EYES = 0.25
#: Top and bottom of the band in a box without usable landmarks, in heights of the box, and how much wider
#: than the box it is on each side.
_BAND_TOP, _BAND_BOTTOM, _BAND_SIDE = 0.08, 0.5, 0.06
#: How far a whole face is covered beyond its box, in sides of the box: around it, and at the top.
_AROUND, _OVERHEAD = 0.12, 0.3


class Anonymise(StrEnum):
    """What is covered of every face in a picture."""

    NONE = "none"
    #: The eyes; nose and mouth stay visible, so a mask can still be judged.
    EYES = "eyes"
    FACE = "face"

    @property
    def words(self) -> str:
        """For forms."""
        return {"none": "Show faces", "eyes": "Cover the eyes", "face": "Cover whole faces"}[self.value]


@dataclass(frozen=True, kw_only=True)
class FaceShape:
    """A face to cover: box and landmarks in pixels of the upright full-size photo."""

    box: Corners
    #: Right eye, left eye, nose tip, right and left mouth corner; empty for a drawn face.
    landmarks: tuple[Point, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Cover:
    """A polygon that hides something, in pixels of the upright full-size photo."""

    points: tuple[Point, ...]


def read_covers(session: Session, photo_ids: Sequence[int], how: Anonymise) -> dict[int, tuple[Cover, ...]]:
    """The covers of these photos by id: all their faces but those that a person called no face."""
    if how is Anonymise.NONE or not photo_ids:
        return {}
    faces = session.scalars(select(Face).where(Face.photo_id.in_(photo_ids), box_is_current())).all()
    decided = read_labels(session, [face.id for face in faces])
    covers: dict[int, list[Cover]] = {}
    for face in faces:
        decision = decided.get(face.id)
        if decision is None or decision.label is not Label.NOT_A_FACE:
            covers.setdefault(face.photo_id, []).append(cover_of(_shape(face), how))
    return {photo_id: tuple(each) for photo_id, each in covers.items()}


def cover_of(face: FaceShape, how: Anonymise) -> Cover:
    """What hides the eyes or all of a face."""
    if how is Anonymise.FACE:
        return Cover(points=_rectangle(_grown(face.box)))
    return Cover(points=_eye_band(face.landmarks, face.box) or _rectangle(_upper_band(face.box)))


def paint(image: Image.Image, covers: Iterable[Cover], *, scale: float) -> None:
    """Fill the covers in `image` (mode RGB), which has `scale` pixels for one of the full-size photo."""
    draw = ImageDraw.Draw(image)
    for cover in covers:
        draw.polygon([(x * scale, y * scale) for x, y in cover.points], fill=_COLOUR)


def covers_tag(covers: Sequence[Cover]) -> str:
    """A short digest of the covers, for names of cached pictures; empty without covers."""
    return hashlib.sha256(repr(covers).encode()).hexdigest()[:12] if covers else ""


def _shape(face: Face) -> FaceShape:
    landmarks = tuple((float(x), float(y)) for x, y in face.landmarks)
    return FaceShape(box=(face.x1, face.y1, face.x2, face.y2), landmarks=landmarks)


def _eye_band(landmarks: tuple[Point, ...], box: Corners) -> tuple[Point, ...]:
    """A band along the line of the eyes; empty where the landmarks do not give one."""
    if len(landmarks) < 3:
        return ()
    (rx, ry), (lx, ly), (nx, ny) = landmarks[:3]
    apart = ((lx - rx) ** 2 + (ly - ry) ** 2) ** 0.5
    if apart < _CLOSEST_EYES * (box[2] - box[0]):
        return ()
    along = ((lx - rx) / apart, (ly - ry) / apart)
    down = (-along[1], along[0])
    nose = (nx - (rx + lx) / 2) * down[0] + (ny - (ry + ly) / 2) * down[1]
    if nose <= 0:
        return ()
    above, below = _ABOVE * apart, min(_BELOW * apart, _TOWARDS_NOSE * nose)
    beyond = _BEYOND * apart
    return tuple(
        (x + side * beyond * along[0] + step * down[0], y + side * beyond * along[1] + step * down[1])
        for x, y, side, step in (
            (rx, ry, -1, -above),
            (lx, ly, 1, -above),
            (lx, ly, 1, below),
            (rx, ry, -1, below),
        )
    )


def _upper_band(box: Corners) -> Corners:
    x1, y1, x2, y2 = box
    side = _BAND_SIDE * (x2 - x1)
    return x1 - side, y1 + _BAND_TOP * (y2 - y1), x2 + side, y1 + _BAND_BOTTOM * (y2 - y1)


def _grown(box: Corners) -> Corners:
    x1, y1, x2, y2 = box
    width, height = x2 - x1, y2 - y1
    return x1 - _AROUND * width, y1 - _OVERHEAD * height, x2 + _AROUND * width, y2 + _AROUND * height


def _rectangle(box: Corners) -> tuple[Point, ...]:
    x1, y1, x2, y2 = box
    return (x1, y1), (x2, y1), (x2, y2), (x1, y2)
