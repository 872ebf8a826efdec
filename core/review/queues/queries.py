"""Read queues, their counts, and the faces that they may take."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, CompoundSelect, Select, and_, exists, func, select
from sqlalchemy.orm import Session, aliased

from core.detection.face import Box
from core.errors import InputError
from core.jobs.queries import get_job
from core.labels.contested import select_contested
from core.labels.decisions import current_decisions
from core.predict.found_faces import found_by
from core.review.hidden_guess import guess_is_public
from core.review.job_kind import LABEL_ERRORS_EVENT
from core.review.options import QueueOptions
from core.review.queues.pool import LABELS, UNDECIDED, UNTELLABLE, Pool
from core.training.features import face_key
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
    box_is_current,
)


def get_queue(session: Session, queue_id: int) -> ReviewQueue:
    """The queue; raises InputError queue_not_found."""
    queue = session.get(ReviewQueue, queue_id)
    if queue is None:
        raise InputError("queue_not_found", f"There is no review queue {queue_id}.")
    return queue


def find_queue(session: Session, job: Job) -> ReviewQueue | None:
    """The queue that a review job fills; None if it was deleted."""
    return session.get(ReviewQueue, job.options["queue_id"])


def list_queues(
    session: Session, *, state: QueueState | None = None, before_id: int | None = None, limit: int = 30
) -> list[ReviewQueue]:
    """Queues, newest first, of one state where given; `before_id` pages to older ones."""
    query = select(ReviewQueue).order_by(ReviewQueue.id.desc()).limit(limit)
    if state is not None:
        query = query.where(ReviewQueue.state == state)
    if before_id is not None:
        query = query.where(ReviewQueue.id < before_id)
    return list(session.scalars(query))


#: Waiting faces of a label are counted up to this number.
_MOST_COUNTED = 1_000


@dataclass(frozen=True, kw_only=True)
class LabelCount:
    """Waiting faces of one predicted label; `more` if there are more than were counted."""

    label: Label
    faces: int
    more: bool


def read_label_counts(session: Session, queue: ReviewQueue) -> list[LabelCount]:
    """Waiting faces by predicted label that the grid can show."""
    return [_count_label(session, queue, label) for label in Label]


def find_label_error_summary(session: Session, job_id: int) -> str | None:
    """How the job that filled a queue found likely label errors; None if it searched for none."""
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
        .limit(_MOST_COUNTED + 1)
    )
    faces = session.scalars(select(func.count()).select_from(waiting.subquery())).one()
    return LabelCount(label=label, faces=min(faces, _MOST_COUNTED), more=faces > _MOST_COUNTED)


#: Rows fetched from the driver at a time.
_AT_ONCE = 10_000


def read_pool(session: Session, options: QueueOptions, queue_id: int) -> Pool:
    """All faces that match the filters of a queue."""
    version_id, conditions = read_filters(session, options)
    faces, probabilities = _read_faces(session, options, version_id, conditions)
    return Pool(
        faces=faces,
        probabilities=probabilities,
        decided=read_decided(session, faces),
        distance=_read_distance(session, version_id, faces, probabilities),
        flagged=np.isin(faces, _ids(session, select(FaceFlag.face_id).where(FaceFlag.resolved_at.is_(None)))),
        waiting=np.isin(faces, _ids(session, select_waiting(queue_id))),
    )


def read_filters(session: Session, options: QueueOptions) -> tuple[int | None, list[ColumnElement[bool]]]:
    """The classifier version whose predictions are used, and conditions on `Face`."""
    conditions: list[ColumnElement[bool]] = [box_is_current()]
    if not options.hidden:
        conditions += [~exists(select(Photo.id).where(Photo.id == Face.photo_id, Photo.hidden))]
    version_id = session.scalars(select(ClassifierVersion.id).where(ClassifierVersion.champion)).one_or_none()
    if options.job_id is not None:
        job = get_job(session, options.job_id)
        version_id = job.classifier_version_id or version_id
        photos = select(JobPhoto.photo_id).where(JobPhoto.job_id == job.id, JobPhoto.photo_id.is_not(None))
        conditions += [Face.photo_id.in_(photos)]
        if job.detector_key is not None:
            conditions += [found_by(job.detector_keys)]
    if options.host is not None:
        conditions += [_from_host(options.host)]
    if options.phrase is not None:
        found = select(Source.photo_id).where(Source.phrase == options.phrase)
        conditions += [Face.photo_id.in_(found)]
    if options.reviewer_id is not None:
        current = current_decisions()
        decided = select(current.c.face_id).where(current.c.account_id == options.reviewer_id)
        conditions += [Face.id.in_(decided)]
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
    predicted = and_(Prediction.face_id == Face.id, Prediction.classifier_version_id == version_id)
    columns = [getattr(Prediction, label.value) for label in LABELS]
    query = select(Face.id, *columns).outerjoin(Prediction, predicted).where(*conditions).order_by(Face.id)
    if options.label is not None:
        query = query.where(Prediction.label == options.label)
    elif not options.no_faces:
        query = query.where(Prediction.label.is_distinct_from(Label.NOT_A_FACE))
    rows = _table(session, query, width=1 + len(LABELS))
    return rows[:, 0].astype(np.int64), rows[:, 1:].astype(np.float32)


def _read_distance(
    session: Session, version_id: int | None, faces: NDArray[np.int64], own: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Greatest total variation distance to a version that predicts another label, float32 (n,)."""
    distance = np.zeros(len(faces), np.float32)
    own_row, other = aliased(Prediction), aliased(Prediction)
    differs = and_(
        other.face_id == own_row.face_id,
        other.classifier_version_id != own_row.classifier_version_id,
        other.label != own_row.label,
    )
    columns = [getattr(other, label.value) for label in LABELS]
    query = (
        select(own_row.face_id, *columns)
        .join(other, differs)
        .where(own_row.classifier_version_id == version_id)
    )
    rows = _table(session, query, width=1 + len(LABELS))
    at = np.searchsorted(faces, rows[:, 0].astype(np.int64))
    known = at < len(faces)
    known[known] = faces[at[known]] == rows[known, 0].astype(np.int64)
    # What a version does not predict it never says.
    mine, others = np.nan_to_num(own[at[known]]), np.nan_to_num(rows[known, 1:].astype(np.float32))
    np.maximum.at(distance, at[known], np.abs(mine - others).sum(axis=1) / 2)
    return distance


def select_waiting(but_queue_id: int | None = None) -> CompoundSelect[int]:
    """Faces that wait for a first decision in an open queue (but this one), and contested ones."""
    query = (
        select(ReviewItem.face_id)
        .join(ReviewQueue)
        .where(
            ReviewQueue.state == QueueState.OPEN,
            ReviewItem.seat == FIRST_SLOT,
            ReviewItem.state != ItemState.DECIDED,
        )
    )
    if but_queue_id is not None:
        query = query.where(ReviewQueue.id != but_queue_id)
    return query.union_all(select_contested())


def _ids(session: Session, query: Select[int] | CompoundSelect[int]) -> NDArray[np.int64]:
    return np.fromiter(session.scalars(query).yield_per(_AT_ONCE), np.int64)


def _table(session: Session, query: Select[Any], *, width: int) -> NDArray[np.float64]:
    """The rows as float64 (n, width); NULL is NaN."""
    parts = [_block(rows, width) for rows in session.execute(query).yield_per(_AT_ONCE).partitions(_AT_ONCE)]
    return np.concatenate([np.empty((0, width)), *parts])


def _block(rows: Iterable[Sequence[Any]], width: int) -> NDArray[np.float64]:
    return np.array([tuple(row) for row in rows], np.float64).reshape(-1, width)


#: Face ids per query.
_IDS_AT_ONCE = 5_000
#: Faces whose rows are read at once.
_FACES_AT_ONCE = 1_000


def count_decided(session: Session) -> dict[Label, int]:
    """Numbers of current decisions by label."""
    current = current_decisions()
    labelled = select(current.c.label, func.count()).where(current.c.label.is_not(None))
    return dict(session.execute(labelled.group_by(current.c.label)).all())


def read_decided(session: Session, faces: NDArray[np.int64]) -> NDArray[np.int8]:
    """Label indexes that count for these faces (ids ascending), `UNDECIDED` or `UNTELLABLE`, int8 (n,)."""
    current = current_decisions()
    decided = np.full(len(faces), UNDECIDED, np.int8)
    query = select(current.c.face_id, current.c.label).order_by(current.c.id)
    for face_id, label in session.execute(query).yield_per(_AT_ONCE):
        at = int(np.searchsorted(faces, face_id))
        if at < len(faces) and faces[at] == face_id:
            decided[at] = UNTELLABLE if label is None else LABELS.index(Label(label))
    return decided


def read_decided_faces(session: Session) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
    """All faces with a label whose box counts: ascending ids int64 (n,), and label indexes int8 (n,).

    Contested faces are left out.
    """
    current = current_decisions()
    query = (
        select(current.c.face_id, current.c.label)
        .join(Face, Face.id == current.c.face_id)
        .where(box_is_current(), Face.id.not_in(select_contested()))
        .order_by(current.c.id)
    )
    newest = dict(session.execute(query).yield_per(_AT_ONCE).all())
    labels = {face_id: LABELS.index(Label(label)) for face_id, label in newest.items() if label is not None}
    faces = np.array(sorted(labels), np.int64)
    return faces, np.array([labels[face_id] for face_id in faces.tolist()], np.int8)


def read_groups(session: Session, faces: NDArray[np.int64]) -> NDArray[np.int64]:
    """A group number for each face, int64 (n,); faces of one photo or one split group share it."""
    groups: dict[int, int] = {}
    # Photos that are in no dataset yet have no split group; the negative photo id stands in for it.
    group = func.coalesce(Photo.split_group_id, -Photo.id)
    ids = faces.tolist()
    for start in range(0, len(ids), _IDS_AT_ONCE):
        query = select(Face.id, group).join(Photo).where(Face.id.in_(ids[start : start + _IDS_AT_ONCE]))
        groups.update(dict(session.execute(query).all()))
    return np.array([groups[face_id] for face_id in ids], np.int64)


def read_unhashed_faces(session: Session, queue_id: int) -> list[int]:
    """Faces of the queue without hashes, in the order of the queue."""
    query = select_queued_faces(queue_id, Face.id).where(Face.phash.is_(None) | Face.dhash.is_(None))
    return list(session.scalars(query))


def select_queued_faces(queue_id: int, *columns: Any) -> Select[Any]:
    """Select columns of the faces and first slots of a queue, in the order of the queue."""
    return (
        select(*columns)
        .join(ReviewItem, ReviewItem.face_id == Face.id)
        .where(ReviewItem.queue_id == queue_id, ReviewItem.seat == FIRST_SLOT)
        .order_by(ReviewItem.rank)
    )


def read_feature_keys(session: Session, face_ids: Sequence[int]) -> dict[int, bytes]:
    """Keys of the faces' feature vectors in the cache, by face id."""
    keys: dict[int, bytes] = {}
    columns = (Face.id, Photo.sha256, Face.x1, Face.y1, Face.x2, Face.y2)
    for start in range(0, len(face_ids), _IDS_AT_ONCE):
        query = select(*columns).join(Photo).where(Face.id.in_(face_ids[start : start + _IDS_AT_ONCE]))
        for face_id, sha256, x1, y1, x2, y2 in session.execute(query):
            keys[face_id] = face_key(sha256, Box(x1=x1, y1=y1, x2=x2, y2=y2))
    return keys


def read_faces_by_photo(session: Session, face_ids: Sequence[int]) -> Iterator[tuple[Photo, list[Face]]]:
    """The faces with their photos, one photo at a time; a photo may occur again with further faces."""
    for start in range(0, len(face_ids), _FACES_AT_ONCE):
        faces = Face.id.in_(face_ids[start : start + _FACES_AT_ONCE])
        by_photo: defaultdict[int, list[Face]] = defaultdict(list)
        for face in session.scalars(select(Face).where(faces).order_by(Face.photo_id)):
            by_photo[face.photo_id].append(face)
        for photo_id, own in by_photo.items():
            yield session.get_one(Photo, photo_id), own
