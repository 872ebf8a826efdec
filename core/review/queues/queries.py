"""Read queues, their counts, and the faces that they may choose from."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Select, and_, exists, func, select
from sqlalchemy.orm import Session, aliased

from core.errors import InputError
from core.labels.decisions import current_decisions
from core.review.hidden_guess import guess_is_public
from core.review.options import QueueOptions
from core.review.queues.pool import LABELS, UNDECIDED, Pool
from models import (
    FIRST_SLOT,
    ClassifierVersion,
    Face,
    FaceFlag,
    ItemState,
    Job,
    JobEvent,
    JobPhoto,
    Label,
    Photo,
    Prediction,
    QueueState,
    ReviewItem,
    ReviewQueue,
    Source,
    SourceKind,
    box_stands,
)


def get_queue(session: Session, queue_id: int) -> ReviewQueue:
    """The queue; InputError queue_not_found."""
    queue = session.get(ReviewQueue, queue_id)
    if queue is None:
        raise InputError("queue_not_found", f"There is no review queue {queue_id}.")
    return queue


def find_queue(session: Session, job: Job) -> ReviewQueue | None:
    """The queue that a review job fills."""
    return session.get(ReviewQueue, job.options["queue_id"])


def list_queues(session: Session, *, before_id: int | None = None, limit: int = 30) -> list[ReviewQueue]:
    """Newest first; `before_id` pages on to older ones."""
    query = select(ReviewQueue).order_by(ReviewQueue.id.desc()).limit(limit)
    if before_id is not None:
        query = query.where(ReviewQueue.id < before_id)
    return list(session.scalars(query))


#: How its likely label errors were found.
LABEL_ERRORS_EVENT = "label_errors_judged"
#: Waiting faces of a label are counted up to this.
_COUNTED = 1_000


@dataclass(frozen=True, kw_only=True)
class LabelCount:
    """Faces of one predicted label that wait; `more` where there are more than were counted."""

    label: Label
    faces: int
    more: bool


def read_label_counts(session: Session, queue: ReviewQueue) -> list[LabelCount]:
    """Waiting faces by predicted label, as the grid gives them out."""
    return [_count_label(session, queue, label) for label in Label]


def find_label_error_summary(session: Session, job_id: int) -> str | None:
    """How likely label errors of the queue that a job filled were found; None where it has none."""
    query = select(JobEvent.message).where(JobEvent.job_id == job_id, JobEvent.event == LABEL_ERRORS_EVENT)
    return session.scalars(query.order_by(JobEvent.id.desc()).limit(1)).one_or_none()


def _count_label(session: Session, queue: ReviewQueue, label: Label) -> LabelCount:
    waiting = (
        select(ReviewItem.id)
        .where(
            ReviewItem.queue_id == queue.id,
            ReviewItem.state == ItemState.WAITING,
            ReviewItem.guess == label,
            guess_is_public(),
        )
        .limit(_COUNTED + 1)
    )
    faces = session.scalars(select(func.count()).select_from(waiting.subquery())).one()
    return LabelCount(label=label, faces=min(faces, _COUNTED), more=faces > _COUNTED)


#: Rows that the driver hands over at a time.
_AT_ONCE = 10_000


def read_pool(session: Session, options: QueueOptions, queue_id: int) -> Pool:
    """Every face that fits the narrowing of a queue."""
    version_id, conditions = _narrowing(session, options)
    faces, probabilities = _read_faces(session, options, version_id, conditions)
    return Pool(
        faces=faces,
        probabilities=probabilities,
        decided=read_decided(session, faces),
        distance=_read_distance(session, version_id, faces, probabilities),
        flagged=np.isin(faces, _ids(session, select(FaceFlag.face_id).where(FaceFlag.resolved_at.is_(None)))),
        waiting=np.isin(faces, _ids(session, _waiting_elsewhere(queue_id))),
    )


def _narrowing(session: Session, options: QueueOptions) -> tuple[int | None, list[ColumnElement[bool]]]:
    """The version whose predictions count, and conditions on `Face`."""
    conditions: list[ColumnElement[bool]] = [box_stands()]
    if not options.hidden:
        conditions += [~exists(select(Photo.id).where(Photo.id == Face.photo_id, Photo.hidden))]
    version_id = session.scalars(select(ClassifierVersion.id).where(ClassifierVersion.champion)).one_or_none()
    if options.job_id is not None:
        job = session.get(Job, options.job_id)
        if job is None:
            raise InputError("job_not_found", f"There is no job {options.job_id}.")
        version_id = job.classifier_version_id or version_id
        photos = select(JobPhoto.photo_id).where(JobPhoto.job_id == job.id, JobPhoto.photo_id.is_not(None))
        conditions += [Face.photo_id.in_(photos)]
        if job.detector_key is not None:
            conditions += [Face.detector_key == job.detector_key]
    if options.host is not None:
        conditions += [_from_host(options.host)]
    if options.phrase is not None:
        found = select(Source.photo_id).where(Source.phrase == options.phrase)
        conditions += [Face.photo_id.in_(found)]
    if options.reviewer_id is not None:
        standing = current_decisions()
        mine = select(standing.c.face_id).where(standing.c.account_id == options.reviewer_id)
        conditions += [Face.id.in_(mine)]
    return version_id, conditions


def _from_host(host: str) -> ColumnElement[bool]:
    escaped = host.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return exists(
        select(Source.id).where(
            Source.photo_id == Face.photo_id,
            Source.kind == SourceKind.CRAWL,
            Source.name.ilike(f"http%://{escaped}/%", escape="\\"),
        )
    )


def _read_faces(
    session: Session, options: QueueOptions, version_id: int | None, conditions: list[ColumnElement[bool]]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    judged = and_(Prediction.face_id == Face.id, Prediction.classifier_version_id == version_id)
    columns = [getattr(Prediction, label.value) for label in LABELS]
    query = select(Face.id, *columns).outerjoin(Prediction, judged).where(*conditions).order_by(Face.id)
    if options.label is not None:
        query = query.where(Prediction.label == options.label)
    elif not options.no_faces:
        query = query.where(Prediction.label.is_distinct_from(Label.NOT_A_FACE))
    rows = _table(session, query, width=1 + len(LABELS))
    return rows[:, 0].astype(np.int64), rows[:, 1:].astype(np.float32)


def _read_distance(
    session: Session, version_id: int | None, faces: NDArray[np.int64], own: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Greatest total variation distance to a version that says another label."""
    distance = np.zeros(len(faces), np.float32)
    mine, other = aliased(Prediction), aliased(Prediction)
    differs = and_(
        other.face_id == mine.face_id,
        other.classifier_version_id != mine.classifier_version_id,
        other.label != mine.label,
    )
    columns = [getattr(other, label.value) for label in LABELS]
    query = (
        select(mine.face_id, *columns).join(other, differs).where(mine.classifier_version_id == version_id)
    )
    rows = _table(session, query, width=1 + len(LABELS))
    at = np.searchsorted(faces, rows[:, 0].astype(np.int64))
    known = at < len(faces)
    known[known] = faces[at[known]] == rows[known, 0].astype(np.int64)
    far = np.abs(own[at[known]] - rows[known, 1:].astype(np.float32)).sum(axis=1) / 2
    np.maximum.at(distance, at[known], np.nan_to_num(far))
    return distance


def _waiting_elsewhere(queue_id: int) -> Select[int]:
    return (
        select(ReviewItem.face_id)
        .join(ReviewQueue)
        .where(
            ReviewQueue.state == QueueState.OPEN,
            ReviewQueue.id != queue_id,
            ReviewItem.seat == FIRST_SLOT,
            ReviewItem.state != ItemState.DECIDED,
        )
    )


def _ids(session: Session, query: Select[int]) -> NDArray[np.int64]:
    return np.fromiter(session.scalars(query).yield_per(_AT_ONCE), np.int64)


def _table(session: Session, query: Select[Any], *, width: int) -> NDArray[np.float64]:
    """The rows as float64 (n, width); NULL is NaN."""
    parts = [_block(rows, width) for rows in session.execute(query).yield_per(_AT_ONCE).partitions(_AT_ONCE)]
    return np.concatenate([np.empty((0, width)), *parts])


def _block(rows: Iterable[Sequence[Any]], width: int) -> NDArray[np.float64]:
    return np.array([tuple(row) for row in rows], np.float64).reshape(-1, width)


#: Face ids in one query.
_IDS_AT_ONCE = 5_000


def count_decided(session: Session) -> dict[Label, int]:
    """Standing decisions by label."""
    standing = current_decisions()
    counted = session.execute(select(standing.c.label, func.count()).group_by(standing.c.label))
    return dict(counted.all())


def read_decided(session: Session, faces: NDArray[np.int64]) -> NDArray[np.int8]:
    """The label that counts of these faces, rising: of the highest decision, whoever made it."""
    standing = current_decisions()
    decided = np.full(len(faces), UNDECIDED, np.int8)
    query = select(standing.c.face_id, standing.c.label).order_by(standing.c.id)
    for face_id, label in session.execute(query).yield_per(_AT_ONCE):
        at = int(np.searchsorted(faces, face_id))
        if at < len(faces) and faces[at] == face_id:
            decided[at] = LABELS.index(Label(label))
    return decided


def read_decided_faces(session: Session) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
    """Every decided face whose box stands, rising, with the label that counts."""
    standing = current_decisions()
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
    for start in range(0, len(ids), _IDS_AT_ONCE):
        query = select(Face.id, group).join(Photo).where(Face.id.in_(ids[start : start + _IDS_AT_ONCE]))
        groups.update(dict(session.execute(query).all()))
    return np.array([groups[face_id] for face_id in ids], np.int64)


def faces_to_hash(session: Session, queue_id: int) -> list[int]:
    """Faces of the queue that were never hashed, in the queue's order."""
    query = select_queued_faces(queue_id, Face.id).where(Face.phash.is_(None) | Face.dhash.is_(None))
    return list(session.scalars(query))


def select_queued_faces(queue_id: int, *columns: Any) -> Select[Any]:
    """Columns of the faces and first items of a queue, in its order."""
    return (
        select(*columns)
        .join(ReviewItem, ReviewItem.face_id == Face.id)
        .where(ReviewItem.queue_id == queue_id, ReviewItem.seat == FIRST_SLOT)
        .order_by(ReviewItem.rank)
    )
