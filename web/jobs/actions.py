"""Pause, resume, cancel and retry a job."""

from collections.abc import Callable

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from core.errors import InputError
from core.jobs.actions import cancel_job, pause_job, resume_job, retry_job
from web.extension import database, settings
from workers.broker import wake

actions = Blueprint("actions", __name__, url_prefix="/jobs/<int:job_id>")


@actions.post("/pause")
def pause(job_id: int) -> ResponseReturnValue:
    """Pause the job."""
    return _act(job_id, pause_job, "Paused. Photos in progress are finished, or read again later.")


@actions.post("/resume")
def resume(job_id: int) -> ResponseReturnValue:
    """Continue a paused job."""
    return _act(job_id, resume_job, "Resumed.")


@actions.post("/cancel")
def cancel(job_id: int) -> ResponseReturnValue:
    """Cancel the job; its results stay."""
    return _act(job_id, cancel_job, "Cancelled. Results so far are kept.")


@actions.post("/retry")
def retry(job_id: int) -> ResponseReturnValue:
    """Run again what failed."""
    return _act(job_id, retry_job, "Failed photos will be read again.")


def _act(job_id: int, action: Callable[[Session, int], object], done: str) -> ResponseReturnValue:
    """Run the action and wake the workers; a refusal is shown on the job's page."""
    try:
        with database().write() as rows:
            action(rows, job_id)
    except InputError as error:
        if error.code == "job_not_found":
            raise
        flash(error.message, "error")
    else:
        wake(settings())
        flash(done)
    return redirect(url_for("jobs.job_page", job_id=job_id))
