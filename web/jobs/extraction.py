"""Extract jobs: the page that requests one, and what the job's page shows."""

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session
from wtforms import BooleanField, IntegerField
from wtforms.validators import InputRequired, NumberRange

from core.detection.options import SMALLEST_FACES
from core.jobs.queries import list_failures
from core.predict.extract.job_kind import EXTRACT, ExtractOptions, request_extract
from models import Job
from web.accounts.session import current_account
from web.extension import database, settings
from web.jobs.panels import ENDED, JobPanels, declare_panels
from workers.broker import wake


def _about(job: Job) -> list[tuple[str, str]]:
    options = EXTRACT.options_of(job)
    return [
        ("Photos", "all" if options.job_id is None else f"of job {options.job_id}"),
        ("Smallest face", f"{options.smallest_face} pixels"),
        ("Hidden photos", "left out" if options.leave_out_hidden else "searched too"),
    ]


def _details(session: Session, job: Job) -> dict[str, object]:
    return {
        "failures": list_failures(session, job),
        "can_label": job.photos_done > 0 and job.state in ENDED,
    }


declare_panels(
    EXTRACT,
    JobPanels(
        icon="frame",
        goes="Its list of photos and its log are deleted.",
        stays="Photos and the faces that it found stay in the library.",
        about=_about,
        panels=("jobs/_faces_only.html", "jobs/_failures.html"),
        details=_details,
    ),
)


extraction = Blueprint("extraction", __name__, url_prefix="/jobs/new/faces")


class ExtractForm(FlaskForm):
    """How small a face may be, and whether hidden photos are searched too."""

    smallest_face = IntegerField(
        "Smallest face, in pixels",
        default=ExtractOptions.default_of("smallest_face"),
        validators=[InputRequired("Give a number of pixels."), NumberRange(*SMALLEST_FACES)],
    )
    leave_out_hidden = BooleanField("Leave out photos that are hidden as duplicates", default=True)


@extraction.get("")
def page() -> ResponseReturnValue:
    """The empty form."""
    return render_template("extraction/new.html", form=ExtractForm())


@extraction.post("")
def submit() -> ResponseReturnValue:
    """Request the job and go to its page."""
    form = ExtractForm()
    if not form.validate():
        return render_template("extraction/new.html", form=form), 400
    options = ExtractOptions(
        smallest_face=form.smallest_face.data or ExtractOptions.default_of("smallest_face"),
        leave_out_hidden=form.leave_out_hidden.data,
    )
    with database().write() as rows:
        job_id = request_extract(rows, options, account_id=current_account().id).id
    wake(settings())
    return redirect(url_for("jobs.job_page", job_id=job_id))
