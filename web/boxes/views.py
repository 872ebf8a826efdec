"""The box editor of a photo, and the list of photos to box."""

from flask import Blueprint, jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from core.boxes.change import BoxChange
from core.boxes.queries import (
    ListedPhoto,
    get_photo,
    list_photos,
    next_to_box,
    photo_before,
    read_counting_faces,
)
from core.boxes.store import apply_change, redo_edit, undo_edit
from core.errors import InputError
from core.jobs.queries import get_job, list_jobs
from core.results.pages.queries import read_sources
from web.accounts.session import current_account, safe_next
from web.boxes.state import photo_state
from web.extension import database

boxes = Blueprint("boxes", __name__, url_prefix="/boxes")


_PAGE = 60
#: Jobs that the list offers; an older one is reached from its own page.
_JOBS = 50


@boxes.get("")
def home() -> ResponseReturnValue:
    """One job's photos that are still to box, or those that are boxed; the newest job's at first."""
    job_id, after = (request.args.get(name, type=int) for name in ("job", "after"))
    boxed = request.args.get("show") == "boxed"
    with database().read() as rows:
        jobs = [job for job in list_jobs(rows, limit=_JOBS) if job.photos_found]
        job = get_job(rows, job_id) if job_id is not None else next(iter(jobs), None)
        page = list_photos(rows, job.id, boxed=boxed, after=after, limit=_PAGE) if job else None
        shown = [listed.photo.id for listed in page.photos] if page else []
        standing = read_counting_faces(rows, shown)
    return render_template(
        "boxes/home.html",
        jobs=jobs if job is None or job in jobs else [job, *jobs],
        job=job,
        page=page,
        boxed=boxed,
        after=after,
        standing=standing,
        address=editor_url,
    )


@boxes.get("/photos/<int:photo_id>")
def photo_page(photo_id: int) -> ResponseReturnValue:
    """One photo to box, `face` chosen; `job` and `position` say where the reader came from and goes on to."""
    with database().read() as rows:
        photo = get_photo(rows, photo_id)
        state = photo_state(rows, photo, current_account().id)
        sources = read_sources(rows, photo.id, limit=1)
        way = _way(rows)
    place = sources[0].name if sources else f"Photo {photo.id}"
    name = place.rpartition("/")[2]
    return render_template(
        "boxes/photo.html",
        photo=photo,
        name=name,
        place=place,
        state=state,
        chosen=request.args.get("face", type=int) or "",
        **way,
    )


@boxes.get("/photos/<int:photo_id>/faces")
def faces(photo_id: int) -> ResponseReturnValue:
    """The boxes as they stand."""
    with database().read() as rows:
        return jsonify(photo_state(rows, get_photo(rows, photo_id), current_account().id))


@boxes.post("/photos/<int:photo_id>/edits")
def edit(photo_id: int) -> ResponseReturnValue:
    """Do, undo or redo one edit; the answer is how the boxes stand then."""
    sent = request.get_json(silent=True)
    if not isinstance(sent, dict):
        raise InputError("edit_malformed", "The edit could not be read.")
    account_id = current_account().id
    with database().write() as rows:
        if sent.get("kind") == "undo":
            undo_edit(rows, photo_id, str(sent.get("edit")), account_id=account_id)
        elif sent.get("kind") == "redo":
            redo_edit(rows, photo_id, str(sent.get("edit")), account_id=account_id)
        else:
            apply_change(rows, photo_id, BoxChange.from_json(sent), account_id=account_id)
        state = photo_state(rows, get_photo(rows, photo_id), account_id)
    return jsonify(state)


def _way(rows: Session) -> dict[str, str | None]:
    """Where the page leads: back, to the job's photo before, and on to its next one that is not boxed."""
    job_id, position = (request.args.get(name, type=int) for name in ("job", "position"))
    back = safe_next(request.args.get("back")) or url_for("boxes.home", job=job_id)
    if job_id is None or position is None:
        return {"back": back, "previous": None, "next": None}
    job_id = get_job(rows, job_id).id
    before, after = photo_before(rows, job_id, position), next_to_box(rows, job_id, position)
    return {
        "back": back,
        "previous": editor_url(before, job_id) if before else None,
        "next": editor_url(after, job_id) if after else None,
    }


def editor_url(listed: ListedPhoto, job_id: int) -> str:
    """The editor of a job's photo, going on through that job."""
    return url_for("boxes.photo_page", photo_id=listed.photo.id, job=job_id, position=listed.position)
