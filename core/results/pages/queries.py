"""Read results by page: every page costs the same, and a search has a limit."""

from collections.abc import Collection, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.predict.job_faces import JobModels, read_job_faces
from core.results.pages.filter import ResultsFilter, Shown, ShownLabels
from core.results.pages.page import ErrorCount, ResultFace, ResultPhoto, ResultsPage, result_face
from core.results.pages.search import CONDITIONS, Search
from models import Job, JobPhoto, JobPhotoState, Photo, Source

#: Most failed photos that are counted by code, since the page polls.
_COUNTED_FAILURES = 2_000


def read_results(
    session: Session,
    job: Job,
    chosen: ResultsFilter,
    *,
    after: int | None = None,
    before: int | None = None,
    limit: int = 60,
) -> ResultsPage:
    """The page after position `after`, or the page before position `before`."""
    backward = before is not None
    search = Search(job_id=job.id, chosen=chosen, limit=limit, backward=backward)
    found = search.run(session, before if backward else after)
    rows = sorted(found.rows, key=lambda row: row.position)
    # The reader came from that page, so it exists.
    came_from = (rows[-1].position if rows else before) if backward else (rows[0].position if rows else after)
    at_start = after is None and before is None
    return ResultsPage(
        photos=tuple(_with_details(session, job, chosen.labels, rows)),
        next_after=came_from if backward else found.stopped_at,
        previous_before=found.stopped_at if backward else None if at_start else came_from,
        cut_short=found.cut_short,
    )


def read_result(
    session: Session, job: Job, position: int, labels: ShownLabels = ShownLabels.FINAL
) -> ResultPhoto | None:
    """One photo of a job with its faces, None if the position does not exist."""
    query = select(JobPhoto).where(JobPhoto.job_id == job.id, JobPhoto.position == position)
    return next(iter(_with_details(session, job, labels, session.scalars(query).all())), None)


def read_neighbours(
    session: Session, job: Job, chosen: ResultsFilter, position: int
) -> tuple[JobPhoto | None, JobPhoto | None]:
    """The rows before and after this position that match the filter."""
    before, after = (
        Search(job_id=job.id, chosen=chosen, limit=1, backward=backward).run(session, position).rows
        for backward in (True, False)
    )
    return next(iter(before), None), next(iter(after), None)


def read_sources(session: Session, photo_id: int, *, limit: int = 100) -> list[Source]:
    """Sources of a photo, the oldest first."""
    query = select(Source).where(Source.photo_id == photo_id).order_by(Source.id).limit(limit)
    return list(session.scalars(query))


def count_errors(session: Session, job: Job) -> list[ErrorCount]:
    """Failed photos by code, the most frequent first, among the first failures of the job."""
    first = (
        select(JobPhoto.error_code, JobPhoto.error_message)
        .where(JobPhoto.job_id == job.id, *CONDITIONS[Shown.FAILED])
        .order_by(JobPhoto.position)
        .limit(_COUNTED_FAILURES)
        .subquery()
    )
    amount = func.count()
    query = select(first.c.error_code, func.min(first.c.error_message), amount).group_by(first.c.error_code)
    counted = session.execute(query.order_by(amount.desc(), first.c.error_code)).all()
    more = sum(count for _, _, count in counted) >= _COUNTED_FAILURES
    return [
        ErrorCount(code=code or "unknown", example=example or "", photos=count, at_least=more)
        for code, example, count in counted
    ]


def _with_details(
    session: Session, job: Job, labels: ShownLabels, rows: Sequence[JobPhoto]
) -> list[ResultPhoto]:
    ids = {row.photo_id for row in rows if row.photo_id is not None}
    photos = {photo.id: photo for photo in session.scalars(select(Photo).where(Photo.id.in_(ids)))}
    faces = read_result_faces(session, job, labels, ids)
    return [
        ResultPhoto(
            position=row.position,
            name=row.name,
            state=row.state,
            photo=photos.get(row.photo_id or 0) if row.state is JobPhotoState.DONE else None,
            error_code=row.error_code,
            error_message=row.error_message,
            faces=tuple(faces.get(row.photo_id or 0, ())) if row.state is JobPhotoState.DONE else (),
        )
        for row in rows
    ]


def read_result_faces(
    session: Session, job: Job, labels: ShownLabels, photo_ids: Collection[int]
) -> dict[int, list[ResultFace]]:
    """Faces by photo id, the detector's first, as these labels show them."""
    found = read_job_faces(session, JobModels.of(job), photo_ids)
    shown = {photo_id: (result_face(face, labels) for face in faces) for photo_id, faces in found.items()}
    return {photo_id: [face for face in faces if face is not None] for photo_id, faces in shown.items()}
