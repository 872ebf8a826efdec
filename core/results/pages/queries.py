"""Read results by page: every page costs the same, and a search has a limit."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, exists, func, literal_column, select
from sqlalchemy.orm import Session

from core.detection.face import SAME_FACE, overlap
from core.labels.decisions import read_labels
from core.predict.options import PredictOptions
from core.results.pages.filter import ResultsFilter, Shown
from core.results.pages.page import ErrorCount, ResultFace, ResultPhoto, ResultsPage, result_face
from models import DRAWN, Face, Job, JobPhoto, JobPhotoState, Photo, Prediction, Source, box_is_current

#: Most failed photos that are counted by code, since the page polls.
_COUNTED_FAILURES = 2_000


#: Rows scanned in one query if no index covers the filter.
WINDOW = 20_000


#: Windows scanned for one page before the reader is asked to continue.
WINDOWS = 10


_ZERO: ColumnElement[int] = literal_column("0")


#: Literals, not parameters: SQLite uses a partial index only if it sees the constants of the index.
CONDITIONS: dict[Shown, tuple[ColumnElement[bool], ...]] = {
    Shown.ALL: (),
    Shown.WITH_MASK: (JobPhoto.with_mask > _ZERO,),
    Shown.WITHOUT_MASK: (JobPhoto.without_mask > _ZERO,),
    Shown.INCORRECT: (JobPhoto.incorrect > _ZERO,),
    Shown.INDETERMINATE: (JobPhoto.indeterminate > _ZERO,),
    Shown.NO_FACE: (JobPhoto.state == literal_column("'done'"), JobPhoto.faces == _ZERO),
    Shown.FAILED: (JobPhoto.state == literal_column("'failed'"),),
    Shown.LEFT_OUT: (JobPhoto.objects_left_out > _ZERO,),
}


@dataclass(frozen=True, kw_only=True)
class Found:
    """Rows in search order."""

    rows: list[JobPhoto]
    #: Position from which to continue; None at the end.
    stopped_at: int | None
    #: Whether the search stopped at its limit.
    cut_short: bool = False


@dataclass(frozen=True, kw_only=True)
class Search:
    """A direction through a job's photos."""

    job_id: int
    chosen: ResultsFilter
    limit: int
    backward: bool = False

    def run(self, session: Session, start: int | None) -> Found:
        """Up to `limit` rows after `start` in this direction; None starts at the first row."""
        if not self.chosen.is_sparse:
            return self._page(session, start)
        rows: list[JobPhoto] = []
        for _ in range(WINDOWS):
            end = self._end_of_window(session, start)
            rows += self._in_window(session, start, end, self.limit + 1 - len(rows))
            if len(rows) > self.limit or end is None:
                return self._cut(rows)
            start = end
        return Found(rows=rows, stopped_at=start, cut_short=True)

    def _page(self, session: Session, start: int | None) -> Found:
        return self._cut(list(session.scalars(self._rows(start).limit(self.limit + 1))))

    def _cut(self, rows: list[JobPhoto]) -> Found:
        """Cut the extra row that tells whether there is more."""
        more = len(rows) > self.limit
        return Found(rows=rows[: self.limit], stopped_at=rows[self.limit - 1].position if more else None)

    def _rows(self, start: int | None) -> Select[JobPhoto]:
        return select(JobPhoto).where(*self._within(start)).order_by(self._order)

    def _end_of_window(self, session: Session, start: int | None) -> int | None:
        """Position of the window's last row, None if fewer rows are left."""
        query = select(JobPhoto.position).where(*self._within(start)).order_by(self._order)
        return session.scalars(query.offset(WINDOW - 1).limit(1)).one_or_none()

    def _in_window(self, session: Session, start: int | None, end: int | None, limit: int) -> list[JobPhoto]:
        query = self._rows(start)
        if end is not None:
            query = query.where(JobPhoto.position >= end if self.backward else JobPhoto.position <= end)
        if self.chosen.confidence_below is not None:
            query = query.where(JobPhoto.least_confidence < self.chosen.confidence_below)
        if self.chosen.error_code is not None:
            query = query.where(JobPhoto.error_code == self.chosen.error_code)
        if self.chosen.without_hidden:
            query = query.where(~exists().where(Photo.id == JobPhoto.photo_id, Photo.hidden))
        return list(session.scalars(query.limit(limit)))

    def _within(self, start: int | None) -> tuple[ColumnElement[bool], ...]:
        conditions = (JobPhoto.job_id == self.job_id, *CONDITIONS[self.chosen.shown])
        if start is None:
            return conditions
        beyond = JobPhoto.position < start if self.backward else JobPhoto.position > start
        return (*conditions, beyond)

    @property
    def _order(self) -> ColumnElement[int]:
        return JobPhoto.position.desc() if self.backward else JobPhoto.position.asc()


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
        photos=tuple(_with_details(session, job, rows)),
        next_after=came_from if backward else found.stopped_at,
        previous_before=found.stopped_at if backward else None if at_start else came_from,
        cut_short=found.cut_short,
    )


def read_result(session: Session, job: Job, position: int) -> ResultPhoto | None:
    """One photo of a job with its faces, None if the position does not exist."""
    query = select(JobPhoto).where(JobPhoto.job_id == job.id, JobPhoto.position == position)
    return next(iter(_with_details(session, job, session.scalars(query).all())), None)


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


def _with_details(session: Session, job: Job, rows: Sequence[JobPhoto]) -> list[ResultPhoto]:
    ids = {row.photo_id for row in rows if row.photo_id is not None}
    photos = {photo.id: photo for photo in session.scalars(select(Photo).where(Photo.id.in_(ids)))}
    faces = read_result_faces(session, job, ids)
    return [
        ResultPhoto(
            position=row.position,
            name=row.name,
            state=row.state,
            photo=photos.get(row.photo_id or 0) if row.state is JobPhotoState.DONE else None,
            error_code=row.error_code,
            error_message=row.error_message,
            faces=tuple(faces[row.photo_id or 0]) if row.state is JobPhotoState.DONE else (),
        )
        for row in rows
    ]


def read_result_faces(
    session: Session, job: Job, photo_ids: Collection[int]
) -> defaultdict[int, list[ResultFace]]:
    """Faces by photo id, the detector's first."""
    threshold = PredictOptions.from_json(job.options).indeterminate_below
    rows = session.execute(
        select(Face, Prediction)
        .outerjoin(
            Prediction,
            and_(
                Prediction.face_id == Face.id,
                Prediction.classifier_version_id == job.classifier_version_id,
            ),
        )
        .where(
            Face.photo_id.in_(photo_ids),
            Face.detector_key.in_((job.detector_key, DRAWN)),
            box_is_current(),
        )
        .order_by(Face.photo_id, Face.detector_key == DRAWN, Face.ordinal)
    ).all()
    decisions = read_labels(session, [face.id for face, _ in rows])
    found: defaultdict[int, list[ResultFace]] = defaultdict(list)
    for face, prediction in rows:
        decision = decisions.get(face.id)
        shown = result_face(face, prediction, decision.label if decision else None, threshold)
        if shown is not None and not _is_second(shown, found[face.photo_id]):
            found[face.photo_id].append(shown)
    return found


def _is_second(face: ResultFace, before: list[ResultFace]) -> bool:
    """Drop drawn boxes of a labelled set that the detector found too."""
    return face.drawn and any(not other.drawn and overlap(face, other) >= SAME_FACE for other in before)
