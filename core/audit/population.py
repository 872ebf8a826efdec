"""Read the faces of a job as they were when a sample was drawn: which of them it stands for.

A sample stands for the faces that were undecided at its draw, whatever is decided later: those that people
look at later are chosen, as wrong ones are, and would not be replaced by a random one. What was decided
before is known. Memory holds one slice of photos.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from core.database import in_slices, read_clock
from core.detection.face import SAME_FACE, overlap
from core.labels.final_label import DecidedLabel, read_decided
from core.predict.found_faces import found_by
from core.review.answers.outside_decisions import GONE, find_replacement
from models import (
    DRAWN,
    BoxEdit,
    Choice,
    Decision,
    Face,
    Job,
    JobPhoto,
    JobPhotoState,
    Label,
    NoLabel,
    Prediction,
)

#: Files of a job in one slice.
PHOTOS_AT_ONCE = 500


@dataclass(frozen=True, kw_only=True)
class DrawPoint:
    """The moment of a draw: decisions and faces with higher ids came later."""

    decisions_until: int
    faces_until: int
    at: datetime

    @classmethod
    def now(cls, session: Session) -> Self:
        """This moment."""
        return cls(
            decisions_until=session.scalars(select(func.max(Decision.id))).one() or 0,
            faces_until=session.scalars(select(func.max(Face.id))).one() or 0,
            at=read_clock(session),
        )


class Standing(StrEnum):
    """What a face of a job is to a sample."""

    #: Undecided at the draw: the sample stands for it.
    SAMPLED = "sampled"
    #: Decided at the draw, or drawn by a person later and decided: its decision is taken as it is.
    KNOWN = "known"
    #: It came after the draw, and nobody decided it.
    LATER = "later"
    #: Neither predicted nor decided, or its decision from before the draw was undone.
    UNLABELLED = "unlabelled"


@dataclass(frozen=True, kw_only=True, slots=True)
class JobFace:
    """One face of one file of a job."""

    position: int
    photo_id: int
    face_id: int
    #: The most probable label and its probability, by the job's version; None and 0 without a prediction.
    predicted: Label | None
    sureness: float
    #: What counts now. A conflict counts as "can't tell" until it is settled.
    decided: Choice | None
    standing: Standing
    #: A person drew it: the detector had not found it.
    drawn: bool = False


@dataclass(frozen=True, kw_only=True)
class PopulationSlice:
    """Files of a job in listing order, as (position, photo id), and their faces."""

    photos: tuple[tuple[int, int], ...]
    faces: tuple[JobFace, ...]

    @property
    def last_position(self) -> int:
        """Where the next slice begins."""
        return self.photos[-1][0]


def choice_of(decided: DecidedLabel) -> Choice:
    """What a decision says as a choice: a conflict has no label, as "can't tell" has none."""
    return decided.label or NoLabel.CANNOT_TELL


def read_slices(session: Session, job: Job, point: DrawPoint) -> Iterator[PopulationSlice]:
    """All slices of a job in one session; a long pass reads each in a session of its own, by `read_slice`."""
    after = -1
    while (found := read_slice(session, job, point, after=after)) is not None:
        yield found
        after = found.last_position


def read_slice(session: Session, job: Job, point: DrawPoint, *, after: int) -> PopulationSlice | None:
    """The next files of the job after a position that were read; None at the end.

    A photo that the job lists twice has its faces twice, as the job's counts have.
    """
    rows = session.execute(
        select(JobPhoto.position, JobPhoto.photo_id)
        .where(
            JobPhoto.job_id == job.id,
            JobPhoto.position > after,
            JobPhoto.state == JobPhotoState.DONE,
            JobPhoto.photo_id.is_not(None),
        )
        .order_by(JobPhoto.position)
        .limit(PHOTOS_AT_ONCE)
    ).all()
    if not rows:
        return None
    photos = tuple((position, photo_id) for position, photo_id in rows if photo_id is not None)
    by_photo = read_faces(session, job, point, {photo_id for _, photo_id in photos})
    return PopulationSlice(
        photos=photos,
        faces=tuple(
            _at(face, position) for position, photo_id in photos for face in by_photo.get(photo_id, ())
        ),
    )


def _at(face: JobFace, position: int) -> JobFace:
    return JobFace(
        position=position,
        photo_id=face.photo_id,
        face_id=face.face_id,
        predicted=face.predicted,
        sureness=face.sureness,
        decided=face.decided,
        standing=face.standing,
        drawn=face.drawn,
    )


def read_faces(
    session: Session, job: Job, point: DrawPoint, photo_ids: Collection[int]
) -> dict[int, list[JobFace]]:
    """The faces of these photos, one slice of them, by photo id; positions are 0."""
    rows = session.execute(_faces_of(job, photo_ids)).all()
    ids = [row.id for row in rows]
    before, now = read_decided_before(session, ids, point), read_decided(session, ids)
    gone = _read_gone(session, [row.id for row in rows if row.box_state in GONE], point)
    found: defaultdict[int, list[JobFace]] = defaultdict(list)
    sampled: set[int] = set()
    for row in _without_doubles(rows):
        if row.box_state in GONE and (row.id not in gone or row.id in before):
            continue
        if row.detector_key == DRAWN and row.id > point.faces_until and _stands_for(session, row.id, sampled):
            continue
        decided = gone.get(row.id) or (choice_of(now[row.id].label) if row.id in now else None)
        face = _job_face(row, decided, _standing(row, decided, row.id in before, point))
        if face.standing is Standing.SAMPLED:
            sampled.add(face.face_id)
        found[row.photo_id].append(face)
    return found


def _faces_of(job: Job, photo_ids: Collection[int]) -> Any:
    columns = (
        Face.id, Face.photo_id, Face.detector_key, Face.box_state, Face.x1, Face.y1, Face.x2, Face.y2,
        Prediction.label, Prediction.with_mask, Prediction.without_mask, Prediction.incorrect,
        Prediction.not_a_face,
    )  # fmt: skip
    predicted = and_(
        Prediction.face_id == Face.id, Prediction.classifier_version_id == job.classifier_version_id
    )
    return (
        select(*columns)
        .outerjoin(Prediction, predicted)
        .where(Face.photo_id.in_(photo_ids), or_(found_by(job.detector_keys), Face.detector_key == DRAWN))
        .order_by(Face.photo_id, Face.detector_key == DRAWN, Face.id)
    )


def _without_doubles(rows: Sequence[Any]) -> Iterator[Any]:
    """Without drawn boxes that show a face which the detector found too, as results leave them out."""
    detected: defaultdict[int, list[Any]] = defaultdict(list)
    for row in rows:
        if row.detector_key == DRAWN:
            if any(overlap(row, other) >= SAME_FACE for other in detected[row.photo_id]):
                continue
        elif row.box_state not in GONE:
            detected[row.photo_id].append(row)
        yield row


def _standing(row: Any, decided: Choice | None, before: bool, point: DrawPoint) -> Standing:
    if before or row.id > point.faces_until:
        if decided is not None:
            return Standing.KNOWN
        return Standing.UNLABELLED if before or row.label is None else Standing.LATER
    if row.label is not None:
        return Standing.SAMPLED
    return Standing.UNLABELLED if decided is None else Standing.KNOWN


def _job_face(row: Any, decided: Choice | None, standing: Standing) -> JobFace:
    return JobFace(
        position=0,
        photo_id=row.photo_id,
        face_id=row.id,
        predicted=row.label,
        sureness=0.0 if row.label is None else float(getattr(row, row.label.value)),
        decided=decided,
        standing=standing,
        drawn=row.detector_key == DRAWN,
    )


def read_decided_before(session: Session, face_ids: Collection[int], point: DrawPoint) -> set[int]:
    """Those of these faces about which a decision counted at the draw; the rules are those of `decisions`."""
    says: dict[tuple[int, int | None], bool] = {}
    columns = (Decision.face_id, Decision.account_id, Decision.label, Decision.cannot_tell)
    for ids in in_slices(face_ids):
        query = select(*columns).where(Decision.face_id.in_(ids), Decision.id <= point.decisions_until)
        for face_id, account_id, label, cannot_tell in session.execute(query.order_by(Decision.id)):
            says[face_id, account_id] = label is not None or cannot_tell
    return {face_id for (face_id, _), counts in says.items() if counts}


def _read_gone(session: Session, face_ids: Collection[int], point: DrawPoint) -> dict[int, Choice | None]:
    """What is true of boxes that were removed or replaced after the draw, by face id.

    A removed box shows no face; a replaced one is what people decided about the box that replaced it.
    """
    if not face_ids:
        return {}
    edited: set[int] = set()
    for ids in in_slices(face_ids):
        edits = select(BoxEdit.face_id, BoxEdit.replaced_id).where(
            BoxEdit.created_at > point.at,
            BoxEdit.undone_at.is_(None),
            BoxEdit.face_id.in_(ids) | BoxEdit.replaced_id.in_(ids),
        )
        for pair in session.execute(edits):
            edited.update(face_id for face_id in pair if face_id in ids)
    return _read_truth_of_gone(session, edited)


def _read_truth_of_gone(session: Session, face_ids: Collection[int]) -> dict[int, Choice | None]:
    """What is true of faces whose boxes were removed or replaced: not a face, or the new box's decision."""
    replaced = {face_id: find_replacement(session, face_id) for face_id in sorted(face_ids)}
    decided = read_decided(session, [new for new in replaced.values() if new is not None])
    return {
        face_id: Label.NOT_A_FACE
        if new is None
        else choice_of(decided[new].label)
        if new in decided
        else None
        for face_id, new in replaced.items()
    }


def _stands_for(session: Session, face_id: int, sampled: Collection[int]) -> bool:
    """Whether a drawn box replaced one that the sample stands for, so that it is no further face."""
    query = select(BoxEdit.replaced_id).where(BoxEdit.replaced_id.is_not(None), BoxEdit.undone_at.is_(None))
    seen: set[int] = set()
    while face_id not in seen:
        seen.add(face_id)
        before = session.scalars(query.where(BoxEdit.face_id == face_id).limit(1)).one_or_none()
        if before is None:
            return False
        if before in sampled:
            return True
        face_id = before
    return False
