"""The page that takes a labelled set in."""

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from core.datasets.importing.job_kind import request_import
from core.errors import InputError
from core.library.uploads import find_upload
from models import Job
from web.accounts.session import current_account
from web.datasets.forms import ImportForm
from web.errors import status_of
from web.extension import database, settings
from workers.wake import wake

importing = Blueprint("importing", __name__, url_prefix="/datasets/import")


@importing.get("")
def page() -> ResponseReturnValue:
    """The empty form."""
    return _render(ImportForm(), None)


@importing.post("")
def submit() -> ResponseReturnValue:
    """Write the job, wake the workers, go to its page."""
    form = ImportForm()
    if not form.validate():
        return _render(form, None), 400
    try:
        with database().write() as rows:
            job_id = _request(rows, form).id
    except InputError as error:
        return _render(form, error), status_of(error)
    wake(settings())
    return redirect(url_for("jobs.job_page", job_id=job_id))


def _request(rows: Session, form: ImportForm) -> Job:
    account_id = current_account().id
    token = form.upload.data if form.source.data == "upload" else ""
    upload_id = find_upload(rows, token, account_id).id if token else None
    return request_import(
        rows,
        form.options(upload_id),
        account_id=account_id,
        roots=settings().roots,
        title=form.title.data or "",
    )


def _render(form: ImportForm, failure: InputError | None) -> str:
    return render_template("datasets/import.html", form=form, failure=failure, roots=settings().roots)
