"""Result pages: the grid of a job's photos, and one photo at full size."""

from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from core.datasets.importing.job_kind import IMPORT
from core.datasets.importing.queries import read_left_out_objects
from core.errors import InputError
from core.jobs.queries import get_job
from core.library.credits import places_of
from core.predict.final_counts import JobSums, predicted_sums, read_final_sums
from core.results.pages.filter import ResultsFilter, Shown, ShownLabels, read_filter
from core.results.pages.page import ResultPhoto
from core.results.pages.queries import (
    count_errors,
    read_neighbours,
    read_result,
    read_results,
    read_sources,
)
from core.results.pages.search import WINDOW, WINDOWS
from models import Job, JobPhoto
from web.extension import database
from web.numbers import query_number

photos = Blueprint("photos", __name__, url_prefix="/jobs/<int:job_id>/results")

_PAGE = 60
#: The filters of every job, in the order of the page.
_FILTERS = tuple(shown for shown in Shown if shown is not Shown.LEFT_OUT)


@dataclass(frozen=True, kw_only=True)
class FilterLink:
    """One filter above the grid."""

    shown: Shown
    href: str
    #: None where no counter has it.
    count: int | None
    #: Unit of `count`: photos or faces.
    unit: str


@photos.get("")
def results(job_id: int) -> ResponseReturnValue:
    """The grid; `after` and `before` in the address are positions for paging."""
    after, before = (query_number(name) for name in ("after", "before"))
    with database().read() as rows:
        job = get_job(rows, job_id)
        chosen = _chosen(job)
        page = read_results(rows, job, chosen, after=after, before=before, limit=_PAGE)
        errors = count_errors(rows, job) if chosen.shown is Shown.FAILED else []
        sums = _sums(rows, job, chosen)
    return render_template(
        "photos/results.html",
        job=job,
        page=page,
        chosen=chosen,
        errors=errors,
        links=_links(job, chosen, sums),
        switch=_switch(job, chosen),
        looked_at=WINDOW * WINDOWS,
    )


@photos.get("/<int:position>")
def photo(job_id: int, position: int) -> ResponseReturnValue:
    """One photo at full size, with its neighbours under the same filter."""
    with database().read() as rows:
        job = get_job(rows, job_id)
        chosen = _chosen(job)
        result = read_result(rows, job, position, chosen.labels)
        if result is None:
            raise InputError("photo_not_found", f"Job {job_id} has no photo {position}.")
        before, after = read_neighbours(rows, job, chosen, position)
        sources = read_sources(rows, result.photo.id) if result.photo else []
        left_out = read_left_out_objects(rows, job_id, position) if job.kind == IMPORT.name else ()
    return render_template(
        "photos/photo.html",
        job=job,
        result=result,
        left_out=left_out,
        chosen=chosen,
        switch=_switch(job, chosen, position=position),
        places=places_of(sources),
        back=_back_to_grid(job, result, chosen),
        previous=_address(job, before, chosen),
        next=_address(job, after, chosen),
        next_photo_id=after.photo_id if after else None,
    )


def _chosen(job: Job) -> ResultsFilter:
    """The filter of the address; a job without a version has final labels only."""
    arguments = (request.args.get(name) for name in ("show", "below", "error", "hidden", "labels"))
    chosen = read_filter(*arguments)
    return chosen if _has_predictions(job) else replace(chosen, labels=ShownLabels.FINAL)


def _has_predictions(job: Job) -> bool:
    return job.classifier_version_id is not None


def _sums(rows: Session, job: Job, chosen: ResultsFilter) -> JobSums:
    is_predicted = chosen.labels is ShownLabels.PREDICTED
    return predicted_sums(job) if is_predicted else read_final_sums(rows, [job])[job.id]


def _switch(job: Job, chosen: ResultsFilter, *, position: int | None = None) -> list[tuple[ShownLabels, str]]:
    """Addresses of this page with predicted and with final labels; none where nothing was predicted."""
    if not _has_predictions(job):
        return []
    place = {"endpoint": "photos.results"} if position is None else {"endpoint": "photos.photo"}
    links = []
    for labels in (ShownLabels.PREDICTED, ShownLabels.FINAL):
        query: dict[str, Any] = dict(replace(chosen, labels=labels).query)
        if position is not None:
            query["position"] = position
        links.append((labels, url_for(place["endpoint"], job_id=job.id, **query)))
    return links


def _links(job: Job, chosen: ResultsFilter, sums: JobSums) -> list[FilterLink]:
    """Links of all filters; those with faces keep the chosen confidence.

    A count stands where the filter finds what it counts: not beside a filter that is narrowed further.
    """
    kept = ("below", "hidden", "labels")
    keep: dict[str, str] = {name: chosen.query[name] for name in kept if name in chosen.query}
    links = [
        FilterLink(
            shown=shown,
            href=url_for("photos.results", job_id=job.id, **_query(shown, keep)),
            count=None if _is_narrowed(shown, chosen) else count,
            unit="photos" if shown in (Shown.ALL, Shown.NO_FACE, Shown.FAILED) else "faces",
        )
        for shown, count in _counts(job, sums).items()
        if count or shown is not Shown.NOT_LABELLED
    ]
    if job.kind == IMPORT.name:
        href = url_for("photos.results", job_id=job.id, show=Shown.LEFT_OUT.value)
        links.append(FilterLink(shown=Shown.LEFT_OUT, href=href, count=None, unit="photos"))
    return links


def _counts(job: Job, sums: JobSums) -> dict[Shown, int]:
    """What each filter finds, in photos or faces, in the order of the page."""
    photos = {
        Shown.ALL: job.photos_found,
        Shown.NO_FACE: sums.photos_without_face,
        Shown.FAILED: job.photos_failed,
    }
    faces = {Shown(label.value): count for label, count in sums.labels.items()}
    return {shown: (photos | faces)[shown] for shown in _FILTERS}


def _is_narrowed(shown: Shown, chosen: ResultsFilter) -> bool:
    """Whether the confidence or hidden duplicates narrow what this filter finds."""
    narrowed = chosen.confidence_below is not None or chosen.without_hidden
    return narrowed and shown not in (Shown.NO_FACE, Shown.FAILED)


def _query(shown: Shown, keep: dict[str, str]) -> dict[str, Any]:
    has_faces = shown not in (Shown.NO_FACE, Shown.FAILED, Shown.LEFT_OUT)
    kept = {name: value for name, value in keep.items() if has_faces or name == "labels"}
    return {"show": None if shown is Shown.ALL else shown.value, **kept}


def _address(job: Job, row: JobPhoto | None, chosen: ResultsFilter) -> str | None:
    if row is None:
        return None
    query: dict[str, Any] = dict(chosen.query)
    return url_for("photos.photo", job_id=job.id, position=row.position, **query)


def _back_to_grid(job: Job, result: ResultPhoto, chosen: ResultsFilter) -> str:
    """Address of the grid around this photo, with the focus on it."""
    after = result.position - _PAGE // 4
    query: dict[str, Any] = chosen.query | ({"after": str(after)} if after >= 0 else {})
    return url_for("photos.results", job_id=job.id, _anchor=f"photo-{result.position}", **query)
