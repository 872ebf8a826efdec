"""Pause, resume, cancel, continue, retry and delete a job, and run it again."""

from collections.abc import Callable

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from core.errors import InputError
from core.jobs.actions import cancel_job, continue_job, pause_job, resume_job, retry_job
from core.jobs.deletion import delete_job
from core.jobs.queries import get_job
from core.jobs.request import request_like, start_job
from web.accounts.session import current_account
from web.extension import database, settings
from web.jobs.panels import panels_of
from workers.broker import wake

#: Codes of jobs that have no page.
_GONE = ("job_not_found", "job_deleted")

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


@actions.post("/continue")
def go_on(job_id: int) -> ResponseReturnValue:
    """Do the rest of a cancelled job."""
    return _act(job_id, continue_job, "The job continues where it stopped.")


@actions.post("/retry")
def retry(job_id: int) -> ResponseReturnValue:
    """Run again what failed."""
    return _act(job_id, retry_job, "What failed is tried again.")


@actions.post("/again")
def again(job_id: int) -> ResponseReturnValue:
    """Start a new job with the same options, and go to its page."""
    with database().read() as rows:
        request = request_like(get_job(rows, job_id), account_id=current_account().id)
    try:
        with database().write() as rows:
            started = start_job(rows, request, settings()).id
    except InputError as error:
        flash(error.message, "error")
        return redirect(url_for("jobs.job_page", job_id=job_id))
    wake(settings())
    flash(f"Started with the options of job {job_id}.")
    return redirect(url_for("jobs.job_page", job_id=started))


@actions.post("/delete")
def delete(job_id: int) -> ResponseReturnValue:
    """Delete a job that has ended, and go to the list of jobs."""
    try:
        with database().write() as rows:
            job = delete_job(rows, job_id, by=current_account().name)
            stays = panels_of(job).stays
    except InputError as error:
        if error.code in _GONE:
            raise
        flash(error.message, "error")
        return redirect(url_for("jobs.job_page", job_id=job_id))
    flash(f"Job {job_id} is deleted. {stays}")
    return redirect(url_for("jobs.home"))


def _act(job_id: int, action: Callable[[Session, int], object], done: str) -> ResponseReturnValue:
    """Run the action and wake the workers; a refusal is shown on the job's page."""
    try:
        with database().write() as rows:
            action(rows, job_id)
    except InputError as error:
        if error.code in _GONE:
            raise
        flash(error.message, "error")
    else:
        wake(settings())
        flash(done)
    return redirect(url_for("jobs.job_page", job_id=job_id))
