"""The page that requests a predict job."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from core.predict.job_kind import request_predict
from web.jobs.forms import JobForm
from web.jobs.input_form import render_form, submit_form

new_job = Blueprint("new_job", __name__)

_TEMPLATE = "jobs/new.html"


@new_job.get("/jobs/new")
def page() -> ResponseReturnValue:
    """The empty form; `folder` in the address fills the folder in."""
    folder = request.args.get("folder")
    return render_form(JobForm(source="folder", folder=folder) if folder else JobForm(), _TEMPLATE)


@new_job.post("/jobs/new")
def submit() -> ResponseReturnValue:
    """Request the job and go to its page."""
    return submit_form(JobForm(), _TEMPLATE, request_predict)
