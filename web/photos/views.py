"""Result pages: the grid of a job's photos, and one photo at full size."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core.datasets.importing.job_kind import IMPORT
from core.datasets.importing.queries import read_left_out_objects
from core.errors import InputError
from core.jobs.queries import get_job
from core.library.credits import places_of
from core.results.pages.filter import ResultsFilter, Shown, read_filter
from core.results.pages.page import ResultPhoto
from core.results.pages.queries import (
    WINDOW,
    WINDOWS,
    count_errors,
    read_neighbours,
    read_result,
    read_results,
    read_sources,
)
from models import Job, JobPhoto
from web.extension import database
from web.numbers import query_number

photos = Blueprint("photos", __name__, url_prefix="/jobs/<int:job_id>/results")

_PAGE = 60
#: Counters shown beside the filters that count the same photos.
_COUNTERS = {
    Shown.ALL: "photos_found",
    Shown.WITH_MASK: "faces_with_mask",
    Shown.WITHOUT_MASK: "faces_without_mask",
    Shown.INCORRECT: "faces_incorrect",
    Shown.INDETERMINATE: "faces_indeterminate",
    Shown.NO_FACE: "photos_without_face",
    Shown.FAILED: "photos_failed",
}


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
    chosen = _chosen()
    after, before = (query_number(name) for name in ("after", "before"))
    with database().read() as rows:
        job = get_job(rows, job_id)
        page = read_results(rows, job, chosen, after=after, before=before, limit=_PAGE)
        errors = count_errors(rows, job) if chosen.shown is Shown.FAILED else []
    return render_template(
        "photos/results.html",
        job=job,
        page=page,
        chosen=chosen,
        errors=errors,
        links=_links(job, chosen),
        looked_at=WINDOW * WINDOWS,
    )


@photos.get("/<int:position>")
def photo(job_id: int, position: int) -> ResponseReturnValue:
    """One photo at full size, with its neighbours under the same filter."""
    chosen = _chosen()
    with database().read() as rows:
        job = get_job(rows, job_id)
        result = read_result(rows, job, position)
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
        places=places_of(sources),
        back=_back_to_grid(job, result, chosen),
        previous=_address(job, before, chosen),
        next=_address(job, after, chosen),
        next_photo_id=after.photo_id if after else None,
    )


def _chosen() -> ResultsFilter:
    return read_filter(*(request.args.get(name) for name in ("show", "below", "error", "hidden")))


def _links(job: Job, chosen: ResultsFilter) -> list[FilterLink]:
    """Links of all filters; those with faces keep the chosen confidence."""
    keep: dict[str, str] = {name: chosen.query[name] for name in ("below", "hidden") if name in chosen.query}
    links = [
        FilterLink(
            shown=shown,
            href=url_for("photos.results", job_id=job.id, **_query(shown, keep)),
            count=getattr(job, counter),
            unit="photos" if counter.startswith("photos") else "faces",
        )
        for shown, counter in _COUNTERS.items()
    ]
    if job.kind == IMPORT.name:
        href = url_for("photos.results", job_id=job.id, show=Shown.LEFT_OUT.value)
        links.append(FilterLink(shown=Shown.LEFT_OUT, href=href, count=None, unit="photos"))
    return links


def _query(shown: Shown, keep: dict[str, str]) -> dict[str, Any]:
    has_faces = shown not in (Shown.NO_FACE, Shown.FAILED, Shown.LEFT_OUT)
    return {"show": None if shown is Shown.ALL else shown.value, **(keep if has_faces else {})}


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
