"""Read the faces that a queue may choose from."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Select, and_, exists, select
from sqlalchemy.orm import Session, aliased

from core.errors import InputError
from core.labels.decisions import standing_decisions
from core.review.options import QueueOptions
from core.review.pool import LABELS, Pool
from core.review.store_decided import read_decided
from models import (
    FIRST_SEAT,
    ClassifierVersion,
    Face,
    FaceFlag,
    ItemState,
    Job,
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
        standing = standing_decisions()
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
            ReviewItem.seat == FIRST_SEAT,
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
