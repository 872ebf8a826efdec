"""Find the positions of a job that fit a filter, in either direction, at a bounded cost."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, exists, literal_column, select
from sqlalchemy.orm import Session

from core.results.pages.filter import ResultsFilter, Shown
from models import JobPhoto, Photo

#: Rows looked at in one query where no index knows those that fit.
WINDOW = 20_000
#: Windows looked through for one page before the reader is asked whether to go on.
WINDOWS = 10

_ZERO: ColumnElement[int] = literal_column("0")
#: Written out and not bound: SQLite takes a partial index only where it sees the index's own constants.
CONDITIONS: dict[Shown, tuple[ColumnElement[bool], ...]] = {
    Shown.ALL: (),
    Shown.WITH_MASK: (JobPhoto.with_mask > _ZERO,),
    Shown.WITHOUT_MASK: (JobPhoto.without_mask > _ZERO,),
    Shown.INCORRECT: (JobPhoto.incorrect > _ZERO,),
    Shown.INDETERMINATE: (JobPhoto.indeterminate > _ZERO,),
    Shown.NO_FACE: (JobPhoto.state == literal_column("'done'"), JobPhoto.faces == _ZERO),
    Shown.FAILED: (JobPhoto.state == literal_column("'failed'"),),
}


@dataclass(frozen=True, kw_only=True)
class Found:
    """Rows in the order in which they were looked for."""

    rows: list[JobPhoto]
    #: From where to look on; None where nothing lies beyond.
    stopped_at: int | None
    #: True where looking stopped for its cost.
    cut_short: bool = False


@dataclass(frozen=True, kw_only=True)
class Search:
    """One direction through a job's photos."""

    job_id: int
    chosen: ResultsFilter
    limit: int
    backward: bool = False

    def run(self, session: Session, start: int | None) -> Found:
        """Up to `limit` rows beyond `start` (None: from the end that comes first)."""
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
        """One row more than wanted was asked for, to know whether there is more."""
        more = len(rows) > self.limit
        return Found(rows=rows[: self.limit], stopped_at=rows[self.limit - 1].position if more else None)

    def _rows(self, start: int | None) -> Select[JobPhoto]:
        return select(JobPhoto).where(*self._within(start)).order_by(self._order)

    def _end_of_window(self, session: Session, start: int | None) -> int | None:
        """Position of the window's last row, None where fewer rows are left than a window holds."""
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
