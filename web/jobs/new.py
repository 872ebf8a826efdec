"""The page that asks for a job."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from core.errors import InputError
from core.library.uploads import find_upload
from core.predict.job_kind import request_predict
from models import Job
from web.accounts.session import current_account
from web.errors import status_of
from web.extension import database, settings
from web.jobs.forms import JobForm
from workers.wake import wake

new_job = Blueprint("new_job", __name__)


@new_job.get("/jobs/new")
def page() -> ResponseReturnValue:
    """The empty form; `folder` in the address fills the folder in."""
    folder = request.args.get("folder")
    form = JobForm(source="folder", folder=folder) if folder else JobForm()
    return _render(form, None)


@new_job.post("/jobs/new")
def submit() -> ResponseReturnValue:
    """Write the job, wake the workers, go to its page."""
    form = JobForm()
    if not form.validate():
        return _render(form, None), 400
    try:
        with database().write() as rows:
            job_id = _request(rows, form).id
    except InputError as error:
        return _render(form, error), status_of(error)
    wake(settings())
    return redirect(url_for("jobs.job_page", job_id=job_id))


def _request(rows: Session, form: JobForm) -> Job:
    account_id = current_account().id
    token = form.upload.data if form.source.data == "upload" else ""
    upload_id = find_upload(rows, token, account_id).id if token else None
    return request_predict(
        rows,
        form.options(upload_id),
        account_id=account_id,
        roots=settings().roots,
        title=form.title.data or "",
    )


def _render(form: JobForm, failure: InputError | None) -> str:
    return render_template("jobs/new.html", form=form, failure=failure, roots=settings().roots)
