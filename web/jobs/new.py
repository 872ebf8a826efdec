"""The page that requests a predict job."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from wtforms import BooleanField, FloatField, IntegerField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, NumberRange

from core.dedup.job_kind import DEDUP
from core.detection.options import SMALLEST_FACES
from core.library.pictures.anonymise import Anonymise
from core.predict.job_kind import request_predict
from core.predict.options import PredictOptions
from web.jobs.input_form import InputForm, render_form, submit_form


class JobForm(InputForm):
    """Input, thresholds and title; the bounds are those of `PredictOptions`, which checks them again."""

    smallest_face = IntegerField(
        "Smallest face",
        default=PredictOptions.default_of("smallest_face"),
        validators=[InputRequired("Give a number of pixels."), NumberRange(*SMALLEST_FACES)],
    )
    indeterminate_below = FloatField(
        "Certainty threshold",
        default=PredictOptions.default_of("indeterminate_below"),
        validators=[InputRequired("Give a number between 0.25 and 0.99."), NumberRange(0.25, 0.99)],
    )

    anonymise = SelectField(
        "Faces in the reports' pictures",
        choices=[SelectChoice(how.value, how.words) for how in Anonymise],
        default=Anonymise.NONE.value,
    )
    find_duplicates = BooleanField("Find duplicates afterwards")
    reports_to = StringField("Copy the reports to a bucket")
    leave_out_hidden = BooleanField("Leave hidden duplicates out of the reports")

    def options(self, upload_id: int | None) -> PredictOptions:
        """The options of the job; InputError input_missing without a folder and without files."""
        return PredictOptions(
            folder=self.folder_path,
            upload_id=upload_id,
            smallest_face=self.smallest_face.data,
            indeterminate_below=self.indeterminate_below.data,
            anonymise=self.anonymise.data,
            follow_up=(DEDUP.name,) if self.find_duplicates.data else (),
            leave_out_hidden=self.leave_out_hidden.data,
            reports_to=(self.reports_to.data or "").strip() or None,
        )


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
