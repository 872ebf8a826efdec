"""The form of a job that reads files: a folder on the server, or files that the browser uploads first."""

from collections.abc import Callable

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session
from wtforms import HiddenField, StringField
from wtforms.validators import AnyOf, Length

from core.errors import InputError
from core.library.files.skipping import name_rules
from core.library.uploads import get_upload
from core.predict.options import InputOptions
from core.storage.inputs import input_buckets
from models import Job
from web.accounts.session import current_account
from web.errors import status_of
from web.extension import database, settings
from workers.broker import wake


class InputForm(FlaskForm):
    """The input and the title of a job; a subclass adds the options of its kind."""

    #: Where the files are: `upload` or `folder`.
    source = StringField(default="upload", validators=[AnyOf(("upload", "folder"))])
    title = StringField("Title", validators=[Length(max=200)])
    folder = StringField("Folder on the server", validators=[Length(max=4096)])
    #: Token of the upload, filled in by the page's script when the last file has arrived.
    upload = HiddenField(validators=[Length(max=64)])

    @property
    def folder_path(self) -> str | None:
        """The path of the folder; None where files are uploaded or no path is given."""
        return (self.folder.data or "").strip() or None if self.source.data == "folder" else None

    def options(self, upload_id: int | None) -> InputOptions:
        """The options of the job; InputError input_missing without a folder and without files."""
        raise NotImplementedError


def render_form(form: InputForm, template: str, *, error: InputError | None = None) -> str:
    """The page of the form, with an error where the job was refused."""
    return render_template(
        template,
        form=form,
        failure=error,
        roots=settings().roots,
        buckets=settings().allowed_buckets,
        name_rules=name_rules(),
    )


def submit_form(form: InputForm, template: str, request_job: Callable[..., Job]) -> ResponseReturnValue:
    """Request the job and go to its page, or show the form again with what is wrong.

    `request_job` is called as `request_predict` is.
    """
    if not form.validate():
        return render_form(form, template), 400
    try:
        with database().write() as rows:
            job_id = _request(rows, form, request_job).id
    except InputError as error:
        return render_form(form, template, error=error), status_of(error)
    wake(settings())
    return redirect(url_for("jobs.job_page", job_id=job_id))


def _request(rows: Session, form: InputForm, request_job: Callable[..., Job]) -> Job:
    account_id = current_account().id
    token = form.upload.data if form.source.data == "upload" else ""
    upload_id = get_upload(rows, token, account_id).id if token else None
    title = form.title.data or ""
    places = {"roots": settings().roots, "buckets": input_buckets(settings())}
    return request_job(rows, form.options(upload_id), account_id=account_id, title=title, **places)
