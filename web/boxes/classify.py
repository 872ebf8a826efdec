"""Start the job that predicts drawn faces, and what its page says."""

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue

from core.boxes.job_kind import CLASSIFY, request_classify
from core.errors import InputError
from web.accounts.session import current_account
from web.extension import database, settings
from web.jobs.panels import JobPanels, declare_panels
from workers.broker import wake

declare_panels(
    CLASSIFY, JobPanels(icon="tag", goes="Its log is deleted.", stays="Drawn faces and predictions stay.")
)

classify = Blueprint("classify_boxes", __name__, url_prefix="/boxes/classify")


@classify.post("")
def start() -> ResponseReturnValue:
    """Start the job, or open the unfinished one."""
    try:
        with database().write() as rows:
            job = request_classify(rows, account_id=current_account().id)
    except InputError as error:
        flash(error.message)
        return redirect(url_for("boxes.home"))
    wake(settings())
    return redirect(url_for("jobs.job_page", job_id=job.id))
