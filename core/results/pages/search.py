"""Find the photos of a job that match a filter, in listing order, at a bounded cost."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, exists, false, literal_column, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from core.results.pages.filter import ResultsFilter, Shown, ShownLabels
from models import FinalCount, JobPhoto, Photo

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
    Shown.NOT_LABELLED: (false(),),
    Shown.NO_FACE: (JobPhoto.state == literal_column("'done'"), JobPhoto.faces == _ZERO),
    Shown.FAILED: (JobPhoto.state == literal_column("'failed'"),),
    Shown.LEFT_OUT: (JobPhoto.objects_left_out > _ZERO,),
}


#: The same for photos with counts of final labels; filters that do not look at labels have none.
FINAL_CONDITIONS: dict[Shown, tuple[ColumnElement[bool], ...]] = {
    Shown.ALL: (),
    Shown.WITH_MASK: (FinalCount.with_mask > _ZERO,),
    Shown.WITHOUT_MASK: (FinalCount.without_mask > _ZERO,),
    Shown.INCORRECT: (FinalCount.incorrect > _ZERO,),
    Shown.INDETERMINATE: (FinalCount.indeterminate > _ZERO,),
    Shown.NOT_LABELLED: (FinalCount.not_labelled > _ZERO,),
    Shown.NO_FACE: (FinalCount.faces == _ZERO,),
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
class _Part:
    """Rows whose labels one table counts; the parts of a search have no row in common."""

    rows: Select[JobPhoto]
    position: InstrumentedAttribute[int]
    least_confidence: InstrumentedAttribute[float | None]

    def beyond(self, start: int | None, *, backward: bool) -> Select[JobPhoto]:
        """The rows after `start` in this direction, in order."""
        order = self.position.desc() if backward else self.position.asc()
        if start is None:
            return self.rows.order_by(order)
        return self.rows.where(self.position < start if backward else self.position > start).order_by(order)


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
            return self._cut(self._read(session, self._beyond(start), self.limit + 1))
        rows: list[JobPhoto] = []
        for _ in range(WINDOWS):
            end = self._end_of_window(session, start)
            rows += self._in_window(session, start, end, self.limit + 1 - len(rows))
            if len(rows) > self.limit or end is None:
                return self._cut(rows)
            start = end
        return Found(rows=rows, stopped_at=start, cut_short=True)

    def _parts(self) -> list[_Part]:
        """Photos with counts of final labels, and all others."""
        shown, of_job = self.chosen.shown, JobPhoto.job_id == self.job_id
        predicted = _Part(
            rows=select(JobPhoto).where(of_job, *CONDITIONS[shown]),
            position=JobPhoto.position,
            least_confidence=JobPhoto.least_confidence,
        )
        if not self._needs_final_counts:
            return [predicted]
        counted = exists().where(FinalCount.job_photo_id == JobPhoto.id)
        untouched = _Part(
            rows=predicted.rows.where(~counted),
            position=JobPhoto.position,
            least_confidence=JobPhoto.least_confidence,
        )
        final = _Part(
            rows=select(JobPhoto)
            .join(FinalCount, FinalCount.job_photo_id == JobPhoto.id)
            .where(FinalCount.job_id == self.job_id, *FINAL_CONDITIONS[shown]),
            position=FinalCount.position,
            least_confidence=FinalCount.least_confidence,
        )
        return [untouched, final]

    @property
    def _needs_final_counts(self) -> bool:
        if self.chosen.labels is ShownLabels.PREDICTED or self.chosen.shown not in FINAL_CONDITIONS:
            return False
        return self.chosen.shown is not Shown.ALL or self.chosen.confidence_below is not None

    def _beyond(self, start: int | None) -> list[Select[JobPhoto]]:
        return [part.beyond(start, backward=self.backward) for part in self._parts()]

    def _read(self, session: Session, queries: Iterable[Select[JobPhoto]], limit: int) -> list[JobPhoto]:
        """The first rows of the queries together, in order."""
        rows = [row for query in queries for row in session.scalars(query.limit(limit))]
        return sorted(rows, key=lambda row: row.position, reverse=self.backward)[:limit]

    def _cut(self, rows: list[JobPhoto]) -> Found:
        """Cut the extra row that tells whether there is more."""
        more = len(rows) > self.limit
        return Found(rows=rows[: self.limit], stopped_at=rows[self.limit - 1].position if more else None)

    def _end_of_window(self, session: Session, start: int | None) -> int | None:
        """Position of the window's last row, None if fewer rows are left."""
        ends = [
            session.scalars(
                part.beyond(start, backward=self.backward)
                .with_only_columns(part.position)
                .offset(WINDOW - 1)
                .limit(1)
            ).one_or_none()
            for part in self._parts()
        ]
        known = [end for end in ends if end is not None]
        return (max(known) if self.backward else min(known)) if known else None

    def _in_window(self, session: Session, start: int | None, end: int | None, limit: int) -> list[JobPhoto]:
        queries = (self._narrowed(part, start, end) for part in self._parts())
        return self._read(session, queries, limit)

    def _narrowed(self, part: _Part, start: int | None, end: int | None) -> Select[JobPhoto]:
        """The rows of a part up to `end` that match what no index covers."""
        query = part.beyond(start, backward=self.backward)
        if end is not None:
            query = query.where(part.position >= end if self.backward else part.position <= end)
        if self.chosen.confidence_below is not None:
            query = query.where(part.least_confidence < self.chosen.confidence_below)
        if self.chosen.error_code is not None:
            query = query.where(JobPhoto.error_code == self.chosen.error_code)
        if self.chosen.without_hidden:
            query = query.where(~exists().where(Photo.id == JobPhoto.photo_id, Photo.hidden))
        return query
