"""What the panel "Shares" sends: audit a job, count its faces again, set a target."""

from flask import Blueprint, flash, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue

from core.audit.job_kind import request_audit, request_count
from core.audit.options import MOST_FACES, AuditRequest
from core.audit.overview import read_plan
from core.audit.queries import find_sample
from core.audit.store import drop_target, save_target
from core.errors import InputError
from core.jobs.queries import get_job
from core.number_text import number
from models import Label
from web.accounts.session import current_account
from web.audit.words import promise
from web.extension import database, settings
from web.numbers import query_number
from workers.broker import wake

audit = Blueprint("audit", __name__, url_prefix="/jobs/<int:job_id>/audit")


@audit.post("")
def add(job_id: int) -> ResponseReturnValue:
    """Draw faces and photos; then the sample's queue, or the job's page for photos alone."""
    faces = request.form.get("other", "").strip() or request.form.get("faces", "0")
    wanted = AuditRequest(
        faces=_whole(faces, "number of faces"),
        photos=_whole(request.form.get("photos") or "0", "number of photos"),
        second_percent=_whole(request.form.get("second_percent") or "0", "percentage"),
        again="again" in request.form,
    )
    with database().write() as rows:
        sample = request_audit(rows, job_id, wanted, account_id=current_account().id)
    wake(settings())
    if wanted.faces:
        return redirect(url_for("review.queue_page", queue_id=sample.queue_id))
    return redirect(_panel(job_id))


@audit.get("/plan")
def plan(job_id: int) -> ResponseReturnValue:
    """What a number of faces gives, as a sentence."""
    faces = query_number("faces", 0) or 0
    if not 0 < faces <= MOST_FACES:
        return jsonify(words=f"Give a number from 1 to {number(MOST_FACES)}.")
    with database().read() as rows:
        job = get_job(rows, job_id)
        found = read_plan(rows, job, faces, account_id=current_account().id)
        more = find_sample(rows, job) is not None
    return jsonify(words=promise(found, more=more) if found else "No undecided face is left.")


@audit.post("/count")
def count(job_id: int) -> ResponseReturnValue:
    """Count the faces of the sample again."""
    with database().write() as rows:
        sample = find_sample(rows, get_job(rows, job_id))
        if sample is None:
            raise InputError("audit_not_found", "This job has no audit sample.")
        request_count(rows, sample, account_id=current_account().id)
    wake(settings())
    return redirect(_panel(job_id))


@audit.post("/target")
def target(job_id: int) -> ResponseReturnValue:
    """Set or remove the target."""
    with database().write() as rows:
        job = get_job(rows, job_id)
        if "remove" in request.form:
            drop_target(rows, job.id)
            flash("Target removed.")
        else:
            save_target(rows, job.id, _label(request.form.get("label", "")), _percent())
            flash("Target saved.")
    return redirect(_panel(job_id))


def _panel(job_id: int) -> str:
    return url_for("jobs.job_page", job_id=job_id, _anchor="shares")


def _whole(text: str, what: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise InputError("option_invalid", f"The {what} must be a whole number.") from error


def _label(text: str) -> Label:
    try:
        return Label(text)
    except ValueError as error:
        raise InputError("target_invalid", "Choose a label for the target.") from error


def _percent() -> float:
    """The share of the form, 0 to 1, with a point or a comma."""
    text = request.form.get("at_least", "").strip().rstrip("%").replace(",", ".")
    try:
        return float(text) / 100
    except ValueError as error:
        raise InputError("target_invalid", "A target is a percentage, such as 95.") from error
