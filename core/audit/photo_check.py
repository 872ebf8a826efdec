"""Read the photos of a sample in which people box every face, for what the detector missed or invented."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from core.database import in_slices
from core.detection.face import SAME_FACE, overlap
from core.estimates.evidence import Evidence
from core.estimates.photo_audit import CheckedPhoto, PhotoAudit
from core.labels.final_label import DecidedLabel, read_decided
from core.predict.found_faces import found_by
from models import (
    DRAWN,
    AuditPhoto,
    AuditSample,
    BoxEdit,
    BoxState,
    Face,
    Job,
    Label,
    Photo,
    Prediction,
)


@dataclass(frozen=True, kw_only=True)
class PhotoCheck:
    """The drawn photos of a sample: which are checked, and what people found in them."""

    #: Drawn photos that are still there, and those that are boxed, up to the first one that is not.
    drawn: int
    checked: int
    #: The next photo to box, and its position in the job; None where all are boxed.
    next_photo_id: int | None
    next_position: int | None
    #: Boxes that people drew without giving them a label; they are not counted.
    unlabelled: int
    audit: PhotoAudit


def read_photo_check(
    session: Session, job: Job, sample: AuditSample, evidence: Evidence
) -> PhotoCheck | None:
    """The state of the sample's photos; None where it has none.

    `evidence` is without the faces that people drew.
    """
    rows = session.execute(
        select(AuditPhoto.photo_id, AuditPhoto.position, Photo.boxed_at)
        .join(Photo, Photo.id == AuditPhoto.photo_id)
        .where(AuditPhoto.sample_id == sample.id)
        .order_by(AuditPhoto.place)
    ).all()
    if not rows:
        return None
    open_photos = [row for row in rows if row.boxed_at is None]
    # Those boxed for another reason are chosen, as crowds are, until their turn in the random order comes.
    boxed = [row.photo_id for row in takewhile(lambda row: row.boxed_at is not None, rows)]
    checked, unlabelled = _check_photos(session, job, boxed)
    return PhotoCheck(
        drawn=len(rows),
        checked=len(boxed),
        next_photo_id=open_photos[0].photo_id if open_photos else None,
        next_position=open_photos[0].position if open_photos else None,
        unlabelled=unlabelled,
        audit=PhotoAudit(
            photos=max(job.photos_done, len(boxed)), faces=_count_found(evidence), checked=tuple(checked)
        ),
    )


def _count_found(evidence: Evidence) -> int:
    """Faces of the job that are predicted as people."""
    none = (None, Label.NOT_A_FACE)
    undecided = sum(cell.faces for cell in evidence.population if cell.predicted not in none)
    return undecided + sum(cell.faces for cell in evidence.decided if cell.predicted not in none)


def _check_photos(session: Session, job: Job, photo_ids: Collection[int]) -> tuple[list[CheckedPhoto], int]:
    """What people found in each photo, and how many of their boxes have no label."""
    by_photo: dict[int, list[Any]] = {photo_id: [] for photo_id in photo_ids}
    for ids in in_slices(photo_ids):
        for row in session.execute(_faces_of(job, ids)):
            by_photo[row.photo_id].append(row)
    faces = [row.id for rows in by_photo.values() for row in rows]
    decided = {face_id: one.label for face_id, one in read_decided(session, faces).items()}
    moved = _read_moved(session, faces)
    checked = [_check_photo(rows, decided, moved) for rows in by_photo.values()]
    return [photo for photo, _ in checked], sum(unlabelled for _, unlabelled in checked)


def _faces_of(job: Job, photo_ids: Sequence[int]) -> Any:
    predicted = and_(
        Prediction.face_id == Face.id, Prediction.classifier_version_id == job.classifier_version_id
    )
    columns = (Face.id, Face.photo_id, Face.detector_key, Face.box_state, Face.x1, Face.y1, Face.x2, Face.y2)
    return (
        select(*columns, Prediction.label)
        .outerjoin(Prediction, predicted)
        .where(Face.photo_id.in_(photo_ids), or_(found_by(job.detector_keys), Face.detector_key == DRAWN))
        .order_by(Face.id)
    )


def _read_moved(session: Session, face_ids: Collection[int]) -> dict[int, int]:
    """The face that each moved box replaced, by the id of the new one."""
    moved: dict[int, int] = {}
    for ids in in_slices(face_ids):
        query = select(BoxEdit.face_id, BoxEdit.replaced_id).where(
            BoxEdit.face_id.in_(ids), BoxEdit.replaced_id.is_not(None), BoxEdit.undone_at.is_(None)
        )
        moved |= {new: old for new, old in session.execute(query) if new is not None and old is not None}
    return moved


def _check_photo(
    rows: Sequence[Any], decided: dict[int, DecidedLabel], moved: dict[int, int]
) -> tuple[CheckedPhoto, int]:
    found = [row for row in rows if row.detector_key != DRAWN and row.label is not Label.NOT_A_FACE]
    invented = [
        row
        for row in found
        if row.box_state is BoxState.REMOVED or decided.get(row.id) is DecidedLabel.NOT_A_FACE
    ]
    hidden = [row for row in rows if row.detector_key != DRAWN and row.label is Label.NOT_A_FACE]
    missed, only_hidden = Counter[Label](), Counter[Label]()
    unlabelled = 0
    for row in rows:
        if not _is_missed(row, found, moved, decided.get(row.id)):
            continue
        one = decided.get(row.id)
        label = one.label if one is not None else None
        if label is None:
            unlabelled += 1
        elif any(overlap(row, other) >= SAME_FACE for other in hidden):
            only_hidden[label] += 1
        else:
            missed[label] += 1
    photo = CheckedPhoto(
        confirmed=len(found) - len(invented),
        invented=len(invented),
        missed=dict(missed),
        hidden=dict(only_hidden),
    )
    return photo, unlabelled


def _is_missed(row: Any, found: Sequence[Any], moved: dict[int, int], decided: DecidedLabel | None) -> bool:
    """Whether a person drew this box around a face that no result shows."""
    current = row.box_state in (None, BoxState.ACCEPTED)
    if row.detector_key != DRAWN or not current or decided is DecidedLabel.NOT_A_FACE:
        return False
    origin, seen = row.id, set[int]()
    while origin in moved and origin not in seen:
        seen.add(origin)
        origin = moved[origin]
    is_moved = any(other.id == origin for other in found)
    return not is_moved and not any(overlap(row, other) >= SAME_FACE for other in found)
