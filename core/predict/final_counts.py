"""Keep the counts of final labels up to date, in the transaction that changes what people said about faces.

Pages filter and sum by these counts and never count faces. Only photos about which people said something have
a row of their own; for all others the counts of predicted labels are the final ones.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, delete, exists, func, or_, select, update
from sqlalchemy.orm import Session

from core.database import in_slices, insert_new, read_clock
from core.labels.final_label import COUNTED_LABELS, FinalLabel
from core.predict.job_faces import JobFace, JobModels, read_job_faces
from models import (
    DRAWN,
    BoxEdit,
    BoxState,
    Decision,
    Face,
    FinalCount,
    FinalSum,
    Job,
    JobPhoto,
    JobPhotoState,
    Photo,
)

_LABELS = tuple(label.value for label in COUNTED_LABELS)
_SUMS = (*_LABELS, "photos_without_face")


@dataclass(frozen=True, kw_only=True)
class JobSums:
    """Faces of a job by label, and photos without a face."""

    labels: dict[FinalLabel, int]
    photos_without_face: int

    @property
    def faces(self) -> int:
        """Faces that count."""
        return sum(self.labels.values())

    @property
    def shown(self) -> list[tuple[FinalLabel, int]]:
        """The labels of tables: faces that are not labelled yet only where there are some."""
        unlabelled = FinalLabel.NOT_LABELLED
        return [(label, count) for label, count in self.labels.items() if count or label is not unlabelled]


def predicted_sums(job: Job) -> JobSums:
    """What the job itself found, by its counters."""
    counts = (job.faces_with_mask, job.faces_without_mask, job.faces_incorrect, job.faces_indeterminate, 0)
    return JobSums(
        labels=dict(zip(COUNTED_LABELS, counts, strict=True)), photos_without_face=job.photos_without_face
    )


def read_final_sums(session: Session, jobs: Sequence[Job]) -> dict[int, JobSums]:
    """Sums of final labels by job id."""
    query = select(FinalSum).where(FinalSum.job_id.in_([job.id for job in jobs]))
    added = {row.job_id: row for row in session.scalars(query.execution_options(populate_existing=True))}
    return {job.id: _with_added(predicted_sums(job), added.get(job.id)) for job in jobs}


def _with_added(sums: JobSums, added: FinalSum | None) -> JobSums:
    if added is None:
        return sums
    return JobSums(
        labels={label: count + getattr(added, label.value) for label, count in sums.labels.items()},
        photos_without_face=sums.photos_without_face + added.photos_without_face,
    )


def refresh_faces(session: Session, face_ids: Collection[int]) -> None:
    """Count the photos of these faces again."""
    photos: set[int] = set()
    for ids in in_slices(set(face_ids)):
        photos.update(session.scalars(select(Face.photo_id).where(Face.id.in_(ids))))
    refresh_photos(session, photos)


def refresh_touched(session: Session, photo_ids: Collection[int]) -> None:
    """Count those of these photos again about whose faces people said something, also long ago.

    Call it at the end of a transaction, as `refresh_photos`. It locks all these photos first: a decision that
    is made at this moment either is counted here, or finds the rows of this transaction.
    """
    session.flush()
    gone = Face.box_state.in_((BoxState.REMOVED, BoxState.REPLACED))
    decided = exists().where(Decision.face_id == Face.id)
    touched: set[int] = set()
    for ids in in_slices(set(photo_ids)):
        _lock_photos(session, ids)
        said = or_(Face.detector_key == DRAWN, gone, decided)
        touched.update(session.scalars(select(Face.photo_id).where(Face.photo_id.in_(ids), said).distinct()))
    refresh_photos(session, touched, said=False)


def refresh_photos(session: Session, photo_ids: Collection[int], *, said: bool = True) -> None:
    """Count these photos again, in every job that has them.

    `said` is whether people just said something about each; else only rows whose counts differ are taken as
    changed: a later job that reads the photos of an earlier one changes nothing there.

    Call it once, after the change, at the end of a transaction: it locks the photos, so that of two changes
    to a photo the later one counts both.
    """
    session.flush()
    added: defaultdict[int, Counter[str]] = defaultdict(Counter)
    for ids in in_slices(set(photo_ids)):
        _lock_photos(session, ids)
        for job, rows in _read_job_photos(session, ids):
            added[job.id].update(_refresh_rows(session, job, rows, said=said))
    _add_to_sums(session, added)


def count_waiting(session: Session, *, limit: int) -> int:
    """Count up to `limit` rows that an update of the database left to be counted; returns how many."""
    rows = session.scalars(select_waiting().limit(limit)).all()
    photos = session.scalars(select(JobPhoto.photo_id).where(JobPhoto.id.in_(rows))).all()
    known = [photo_id for photo_id in photos if photo_id is not None]
    refresh_photos(session, known)
    _set_last_said(session, rows, known)
    # Rows whose photos have no result any more.
    left = FinalCount.job_photo_id.in_(rows), FinalCount.changed_at.is_(None)
    session.execute(delete(FinalCount).where(*left).execution_options(synchronize_session=False))
    return len(rows)


def select_waiting() -> Select[int]:
    """Rows that wait to be counted; in order, or SQLite would read all rows for the few waiting ones."""
    waiting = select(FinalCount.job_photo_id).where(FinalCount.changed_at.is_(None))
    return waiting.order_by(FinalCount.job_photo_id)


def _set_last_said(session: Session, rows: Sequence[int], photo_ids: Sequence[int]) -> None:
    """Set when people last said something: the count is new, what it counts is not."""
    decided = (
        select(Face.photo_id, func.max(Decision.created_at))
        .join(Decision, Decision.face_id == Face.id)
        .where(Face.photo_id.in_(photo_ids))
        .group_by(Face.photo_id)
    )
    edited = (
        select(BoxEdit.photo_id, func.max(BoxEdit.created_at))
        .where(BoxEdit.photo_id.in_(photo_ids))
        .group_by(BoxEdit.photo_id)
    )
    last: dict[int, datetime] = {}
    for photo_id, at in (*session.execute(decided), *session.execute(edited)):
        last[photo_id] = max(at, last.get(photo_id, at))
    photo_of = dict(
        session.execute(select(JobPhoto.id, JobPhoto.photo_id).where(JobPhoto.id.in_(rows))).all()
    )
    for count in session.scalars(select(FinalCount).where(FinalCount.job_photo_id.in_(rows))):
        count.changed_at = last.get(photo_of[count.job_photo_id] or 0, count.changed_at)


def drop_final_counts(session: Session, rows: Sequence[JobPhoto]) -> None:
    """Delete the counts of these rows of one or more jobs, before the rows lose their photos.

    It locks the photos, so that nobody who decides a face at this moment counts a row again.
    """
    for ids in in_slices({row.photo_id for row in rows if row.photo_id is not None}):
        _lock_photos(session, ids)
    added: defaultdict[int, Counter[str]] = defaultdict(Counter)
    by_id = {row.id: row for row in rows}
    query = select(FinalCount).where(FinalCount.job_photo_id.in_(by_id))
    for count in session.scalars(query.execution_options(populate_existing=True)):
        added[count.job_id].subtract(_difference(count, by_id[count.job_photo_id]))
    session.execute(delete(FinalCount).where(FinalCount.job_photo_id.in_(by_id)))
    _add_to_sums(session, added)


def _lock_photos(session: Session, photo_ids: Sequence[int]) -> None:
    """Lock photos until the end of the transaction, in the order of their ids to avoid deadlocks."""
    locked = select(Photo.id).where(Photo.id.in_(photo_ids)).order_by(Photo.id)
    session.execute(locked.with_for_update(key_share=True))


def _read_job_photos(session: Session, photo_ids: Sequence[int]) -> Iterable[tuple[Job, list[JobPhoto]]]:
    """The rows with a result of every job that looked for faces in these photos."""
    query = (
        select(JobPhoto)
        .join(Job, Job.id == JobPhoto.job_id)
        .where(
            JobPhoto.photo_id.in_(photo_ids),
            JobPhoto.state == JobPhotoState.DONE,
            Job.detector_key.is_not(None),
        )
        .order_by(JobPhoto.job_id, JobPhoto.id)
        .execution_options(populate_existing=True)
    )
    by_job: defaultdict[int, list[JobPhoto]] = defaultdict(list)
    for row in session.scalars(query):
        by_job[row.job_id].append(row)
    return [(session.get_one(Job, job_id), rows) for job_id, rows in by_job.items()]


def _refresh_rows(session: Session, job: Job, rows: Sequence[JobPhoto], *, said: bool) -> Counter[str]:
    """Write the counts of these rows of a job; returns what that adds to the sums of the job."""
    faces = read_job_faces(session, JobModels.of(job), {row.photo_id for row in rows if row.photo_id})
    query = select(FinalCount).where(FinalCount.job_photo_id.in_([row.id for row in rows]))
    before = {
        count.job_photo_id: count
        for count in session.scalars(query.execution_options(populate_existing=True))
    }
    now, added = read_clock(session), Counter[str]()
    for row in rows:
        count = before.get(row.id)
        if count is not None:
            added.subtract(_difference(count, row))
        else:
            count = FinalCount(job_photo_id=row.id, job_id=row.job_id, position=row.position)
            session.add(count)
        _set_counts(count, faces[row.photo_id or 0])
        if said or count.changed_at is None or session.is_modified(count):
            count.changed_at = now
        added.update(_difference(count, row))
    session.flush()
    return added


def _set_counts(count: FinalCount, faces: Sequence[JobFace]) -> None:
    labels = Counter(face.final for face in faces if face.final.counts)
    count.faces = labels.total()
    for label in COUNTED_LABELS:
        setattr(count, label.value, labels[label])
    unsure = [
        face.confidence
        for face in faces
        if face.final.counts and face.decided is None and face.confidence is not None
    ]
    count.least_confidence = min(unsure, default=None)


def _difference(count: FinalCount, row: JobPhoto) -> dict[str, int]:
    """What the counts of a row add to those of what was predicted."""
    by_label = {name: getattr(count, name) - getattr(row, name, 0) for name in _LABELS}
    return by_label | {"photos_without_face": int(count.faces == 0) - int(row.faces == 0)}


def _add_to_sums(session: Session, added: dict[int, Counter[str]]) -> None:
    """Add to the sums of jobs, in the order of their ids to avoid deadlocks."""
    for job_id in sorted(job_id for job_id, sums in added.items() if any(sums.values())):
        zeros = {"job_id": job_id, **dict.fromkeys(_SUMS, 0)}
        insert_new(session, FinalSum, [zeros], ["job_id"])
        values = {name: getattr(FinalSum, name) + added[job_id][name] for name in _SUMS}
        session.execute(
            update(FinalSum)
            .where(FinalSum.job_id == job_id)
            .values(values)
            .execution_options(synchronize_session=False)
        )
