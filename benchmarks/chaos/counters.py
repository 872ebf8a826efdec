"""Counters that pages read, against the rows that they count."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Integer, ScalarSelect, Select, case, func, select
from sqlalchemy.orm import Session

from core.datasets.importing.job_kind import IMPORT
from core.predict.extract.job_kind import EXTRACT
from core.predict.job_kind import PREDICT
from models import (
    Base,
    Batch,
    BatchState,
    CrawlHit,
    CrawlSearch,
    Dataset,
    DatasetFace,
    DuplicateGroup,
    DuplicateMember,
    Extraction,
    Face,
    HitOutcome,
    ItemState,
    Job,
    JobPhoto,
    JobPhotoState,
    JobState,
    RemovedPhoto,
    ReviewItem,
    ReviewQueue,
    Takedown,
)

_OPEN = (BatchState.WAITING, BatchState.LEASED)
#: Kinds that count the photos in which they found no face.
_COUNT_FACELESS = frozenset({PREDICT.name, IMPORT.name, EXTRACT.name})


def find_miscounted(session: Session) -> Iterator[str]:
    """Every counter that is not the number of its rows, with both numbers; purged jobs have none."""
    for job in session.scalars(select(Job).where(Job.purged_at.is_(None)).order_by(Job.id)):
        yield from _miscounted_job(session, job)
    for search in session.scalars(select(CrawlSearch).order_by(CrawlSearch.id)):
        yield from _miscounted_search(session, search)
    for queue in session.scalars(select(ReviewQueue)):
        decided = _sum(ReviewItem.state == ItemState.DECIDED)
        items = select(func.count(), decided).where(ReviewItem.queue_id == queue.id)
        named = {"items": queue.items, "items_decided": queue.items_decided}
        yield from _differences(f"queue {queue.id}", named, session.execute(items).one())
    yield from _miscounted_groups(session)


def _miscounted_job(session: Session, job: Job) -> Iterator[str]:
    done, of_job = JobPhoto.state == JobPhotoState.DONE, JobPhoto.job_id == job.id
    columns: dict[str, ColumnElement[int]] = {
        "photos_found": func.count(),
        "photos_done": _sum(done),
        "photos_failed": _sum(JobPhoto.state == JobPhotoState.FAILED),
        "photos_removed": _sum(JobPhoto.error_code == "photo_removed"),
        "faces_with_mask": func.coalesce(func.sum(JobPhoto.with_mask), 0),
        "faces_without_mask": func.coalesce(func.sum(JobPhoto.without_mask), 0),
        "faces_incorrect": func.coalesce(func.sum(JobPhoto.incorrect), 0),
        "faces_indeterminate": func.coalesce(func.sum(JobPhoto.indeterminate), 0),
    }
    if job.kind in _COUNT_FACELESS:
        columns["photos_without_face"] = _sum(done & (JobPhoto.faces == 0))
    counted = session.execute(select(*columns.values()).where(of_job)).one()
    yield from _differences(f"job {job.id}", {name: getattr(job, name) for name in columns}, counted)
    batches = select(_sum(Batch.state.in_(_OPEN)), _sum(Batch.state == BatchState.QUARANTINED))
    named = {"batches_open": job.batches_open, "batches_quarantined": job.batches_quarantined}
    of_batches = session.execute(batches.where(Batch.job_id == job.id)).one()
    yield from _differences(f"job {job.id}", named, of_batches)
    if job.state is JobState.DONE and job.steps_done != job.steps_found:
        yield f"job {job.id}: steps_done is {job.steps_done}, steps_found {job.steps_found}"


def _miscounted_search(session: Session, search: CrawlSearch) -> Iterator[str]:
    rows = select(CrawlHit.outcome, func.count()).where(CrawlHit.search_id == search.id)
    hits = Counter(dict(session.execute(rows.group_by(CrawlHit.outcome)).all()))
    named = {outcome.value: outcome for outcome in HitOutcome if outcome is not HitOutcome.WAITING}
    yield from _differences(
        f"search {search.id}",
        {"found": search.found} | {name: getattr(search, name) for name in named},
        [hits.total() - hits[HitOutcome.REPEATED], *(hits[outcome] for outcome in named.values())],
    )


def _miscounted_groups(session: Session) -> Iterator[str]:
    """Rows with a number of other rows: datasets, searches for faces, duplicate groups, removals."""
    faces = (Face.photo_id == Extraction.photo_id) & (Face.detector_key == Extraction.detector_key)
    checks: dict[str, Select[int, int, int]] = {
        "dataset": select(
            Dataset.id,
            Dataset.faces - Dataset.faces_removed,
            _rows(Dataset, DatasetFace.dataset_id == Dataset.id),
        ),
        "extraction": select(Extraction.id, Extraction.faces, _rows(Extraction, faces)),
        "group": select(
            DuplicateGroup.id,
            DuplicateGroup.photos,
            _rows(DuplicateGroup, DuplicateMember.group_id == DuplicateGroup.id),
        ),
        "removal": select(
            Takedown.id, Takedown.photos, _rows(Takedown, RemovedPhoto.takedown_id == Takedown.id)
        ),
    }
    for name, query in checks.items():
        for id_, told, counted in session.execute(query):
            if told != counted:
                yield f"{name} {id_}: says {told}, has {counted}"


def _rows(outer: type[Base], condition: ColumnElement[bool]) -> ScalarSelect[int]:
    """How many rows of the other table the condition joins to a row of the outer one."""
    return select(func.count()).where(condition).correlate(outer).scalar_subquery()


def _sum(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0), type_=Integer), 0)


def _differences(what: str, told: dict[str, int], counted: Any) -> Iterator[str]:
    for (name, value), rows in zip(told.items(), counted, strict=True):
        if value != rows:
            yield f"{what}: {name} is {value}, rows say {rows}"
