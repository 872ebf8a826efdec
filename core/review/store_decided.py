"""Read what is decided: labels that count, by face, and which faces belong together."""

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.labels.decisions import standing_decisions
from core.review.pool import LABELS, UNDECIDED
from models import Face, Label, Photo, box_stands

#: Rows that the driver hands over at a time; face ids in one query.
_AT_ONCE, _IDS = 10_000, 5_000


def count_decided(session: Session) -> dict[Label, int]:
    """Standing decisions by label."""
    standing = standing_decisions()
    counted = session.execute(select(standing.c.label, func.count()).group_by(standing.c.label))
    return dict(counted.all())


def read_decided(session: Session, faces: NDArray[np.int64]) -> NDArray[np.int8]:
    """The label that counts of these faces, rising: of the highest decision, whoever made it."""
    standing = standing_decisions()
    decided = np.full(len(faces), UNDECIDED, np.int8)
    query = select(standing.c.face_id, standing.c.label).order_by(standing.c.id)
    for face_id, label in session.execute(query).yield_per(_AT_ONCE):
        at = int(np.searchsorted(faces, face_id))
        if at < len(faces) and faces[at] == face_id:
            decided[at] = LABELS.index(Label(label))
    return decided


def read_decided_faces(session: Session) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
    """Every decided face whose box stands, rising, with the label that counts."""
    standing = standing_decisions()
    query = (
        select(standing.c.face_id, standing.c.label)
        .join(Face, Face.id == standing.c.face_id)
        .where(box_stands())
        .order_by(standing.c.id)
    )
    labels = {
        face_id: LABELS.index(Label(label)) for face_id, label in session.execute(query).yield_per(_AT_ONCE)
    }
    faces = np.array(sorted(labels), np.int64)
    return faces, np.array([labels[face_id] for face_id in faces.tolist()], np.int8)


def read_groups(session: Session, faces: NDArray[np.int64]) -> NDArray[np.int64]:
    """A number for each face, the same for faces of one photo or of one split group."""
    groups: dict[int, int] = {}
    # Photos that no dataset has taken yet have no group: below zero, numbers are those of photos.
    group = func.coalesce(Photo.split_group_id, -Photo.id)
    ids = faces.tolist()
    for start in range(0, len(ids), _IDS):
        query = select(Face.id, group).join(Photo).where(Face.id.in_(ids[start : start + _IDS]))
        groups.update(dict(session.execute(query).all()))
    return np.array([groups[face_id] for face_id in ids], np.int64)
