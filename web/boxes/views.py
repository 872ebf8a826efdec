"""Pages of the box editor and of the photos to box."""

from flask import Blueprint, jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from core.boxes.queries import (
    ListedPhoto,
    find_next_to_box,
    find_previous_photo,
    get_photo,
    list_photos,
    read_counting_faces,
)
from core.boxes.store import edit_photo
from core.datasets.importing.job_kind import IMPORT
from core.errors import InputError
from core.jobs.queries import WITH_PHOTOS, get_job, list_jobs
from core.results.pages.queries import read_sources
from models import Role
from web.accounts.session import current_account, safe_next
from web.boxes.state import photo_state
from web.extension import database
from web.numbers import query_number

boxes = Blueprint("boxes", __name__, url_prefix="/boxes")


_PAGE = 60
#: Jobs to choose from; older ones are linked from their own pages.
_JOBS = 50


@boxes.get("")
def home() -> ResponseReturnValue:
    """The photos to box or the boxed photos of one job, by default of the newest that is no import."""
    job_id, after = (query_number(name) for name in ("job", "after"))
    boxed = request.args.get("show") == "boxed"
    with database().read() as rows:
        jobs = list_jobs(rows, WITH_PHOTOS, limit=_JOBS)
        first = next((job for job in jobs if job.kind != IMPORT.name), next(iter(jobs), None))
        job = get_job(rows, job_id) if job_id is not None else first
        page = list_photos(rows, job.id, boxed=boxed, after=after, limit=_PAGE) if job else None
        shown = [listed.photo.id for listed in page.photos] if page else []
        faces = read_counting_faces(rows, shown)
    return render_template(
        "boxes/home.html",
        jobs=jobs if job is None or job in jobs else [job, *jobs],
        job=job,
        page=page,
        boxed=boxed,
        after=after,
        faces=faces,
        is_import=job is not None and job.kind == IMPORT.name,
        editor_url=editor_url,
    )


@boxes.get("/photos/<int:photo_id>")
def photo_page(photo_id: int) -> ResponseReturnValue:
    """The editor of one photo; `face` is selected, `job` and `position` give the previous and next photo."""
    with database().read() as rows:
        photo = get_photo(rows, photo_id)
        state = photo_state(rows, photo, current_account().id)
        sources = read_sources(rows, photo.id, limit=1)
        links = _links(rows)
    place = sources[0].name if sources else f"Photo {photo.id}"
    name = place.rpartition("/")[2]
    return render_template(
        "boxes/photo.html",
        photo=photo,
        name=name,
        place=place,
        state=state,
        chosen=query_number("face") or "",
        **links,
    )


@boxes.get("/photos/<int:photo_id>/faces")
def faces(photo_id: int) -> ResponseReturnValue:
    """The current faces as JSON."""
    with database().read() as rows:
        return jsonify(photo_state(rows, get_photo(rows, photo_id), current_account().id))


@boxes.post("/photos/<int:photo_id>/edits")
def edit(photo_id: int) -> ResponseReturnValue:
    """Apply, undo or redo one edit; returns the faces after it."""
    sent = request.get_json(silent=True)
    if not isinstance(sent, dict):
        raise InputError("edit_malformed", "The edit could not be read.")
    account_id = current_account().id
    with database().write() as rows:
        edit_photo(rows, photo_id, sent, account_id=account_id)
        state = photo_state(rows, get_photo(rows, photo_id), account_id)
    return jsonify(state)


def _links(rows: Session) -> dict[str, str | None]:
    """Links of the page: back, the previous photo of the job, and its next unboxed one."""
    job_id, position = (query_number(name) for name in ("job", "position"))
    is_lead = current_account().role is Role.LEAD
    home = url_for("boxes.home", job=job_id) if is_lead else url_for("review.home")
    back = safe_next(request.args.get("back")) or home
    if job_id is None or position is None:
        return {"back": back, "previous": None, "next": None}
    job_id = get_job(rows, job_id).id
    before, after = find_previous_photo(rows, job_id, position), find_next_to_box(rows, job_id, position)
    return {
        "back": back,
        "previous": editor_url(before, job_id) if before else None,
        "next": editor_url(after, job_id) if after else None,
    }


def editor_url(listed: ListedPhoto, job_id: int) -> str:
    """The URL of the editor for a photo of a job."""
    return url_for("boxes.photo_page", photo_id=listed.photo.id, job=job_id, position=listed.position)
