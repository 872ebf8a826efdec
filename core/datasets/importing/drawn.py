"""Faces that a set drew and that detection does not find."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.database import read_clock
from core.detection.face import Box
from models import DRAWN, Face

#: Corners of the same box differ by less, in pixels.
_SAME_CORNER = 0.5


def save_drawn(session: Session, drawn: Mapping[int, Sequence[Box]]) -> dict[int, list[int]]:
    """Face ids of drawn boxes, by photo id and in their order; a box that is there already is found again."""
    known: dict[int, list[Face]] = defaultdict(list)
    query = select(Face).where(Face.photo_id.in_(drawn), Face.detector_key == DRAWN).order_by(Face.ordinal)
    for face in session.scalars(query):
        known[face.photo_id].append(face)
    return {
        photo_id: [_find_or_add(session, photo_id, box, known[photo_id]).id for box in boxes]
        for photo_id, boxes in drawn.items()
    }


def _find_or_add(session: Session, photo_id: int, box: Box, known: list[Face]) -> Face:
    for face in known:
        if all(abs(getattr(face, side) - value) < _SAME_CORNER for side, value in vars(box).items()):
            return face
    face = Face(
        photo_id=photo_id,
        detector_key=DRAWN,
        ordinal=known[-1].ordinal + 1 if known else 0,
        **vars(box),
        score=1.0,
        landmarks=[],
        created_at=read_clock(session),
    )
    session.add(face)
    session.flush()
    known.append(face)
    return face
