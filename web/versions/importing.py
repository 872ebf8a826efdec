"""Import a classifier that was trained elsewhere: the form, and the request of its job."""

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import FloatField, HiddenField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from core.errors import InputError
from core.library.uploads import get_upload
from core.training.importing.job_kind import request_version_import
from core.training.importing.limits import MOST_BYTES, SIDES
from core.training.importing.options import Colours, ImportVersionOptions, Scaling
from core.training.job_kind import INSTALL_COMMAND, missing_modules
from models import Label
from web.accounts.session import current_account
from web.errors import status_of
from web.extension import database, settings
from workers.broker import wake

version_import = Blueprint("version_import", __name__, url_prefix="/versions/import")


class ImportVersionForm(FlaskForm):
    """The bounds are those of `ImportVersionOptions`, which checks them again."""

    #: Token of the upload, filled in by the page's script when the file has arrived.
    upload = HiddenField(validators=[Length(max=64)])
    name = StringField("Name of the version", validators=[Length(max=80)])
    labels = TextAreaField("Label of each output", validators=[InputRequired("Name the labels.")])
    side = IntegerField("Input size", validators=[Optional(), NumberRange(*SIDES)])
    colours = SelectField("Colour order", choices=[SelectChoice(each.value, each.words) for each in Colours])
    scaling = SelectField("Scaling", choices=[SelectChoice(each.value, each.words) for each in Scaling])
    context = FloatField(
        "Size of the crop",
        default=ImportVersionOptions.default_of("context"),
        validators=[
            InputRequired("Give a number."),
            NumberRange(*ImportVersionOptions.bounds_of("context")),
        ],
    )

    def options(self, upload_id: int) -> ImportVersionOptions:
        """The options of the job; raises InputError option_invalid."""
        return ImportVersionOptions(
            upload_id=upload_id,
            labels=tuple(read_labels(self.labels.data or "")),
            name=self.name.data or "",
            side=self.side.data,
            colours=Colours(self.colours.data),
            scaling=Scaling(self.scaling.data),
            context=self.context.data,
        )


def read_labels(text: str) -> list[Label]:
    """Labels, one a line or separated by commas. Raises InputError option_invalid."""
    words = [word.strip() for line in text.splitlines() for word in line.split(",")]
    try:
        return [Label(word.lower().replace(" ", "_")) for word in words if word]
    except ValueError as error:
        known = ", ".join(label.value for label in Label)
        raise InputError("option_invalid", f"{error.args[0]}. The labels are {known}.") from error


@version_import.get("")
def form_page() -> ResponseReturnValue:
    """The empty form."""
    return _render(ImportVersionForm())


@version_import.post("")
def submit() -> ResponseReturnValue:
    """Request the import and go to the page of its job."""
    form = ImportVersionForm()
    if not form.validate():
        return _render(form), 400
    account_id = current_account().id
    try:
        with database().write() as rows:
            upload_id = get_upload(rows, form.upload.data or "", account_id).id
            job_id = request_version_import(rows, form.options(upload_id), account_id=account_id).id
    except InputError as error:
        return _render(form, error), status_of(error)
    wake(settings())
    return redirect(url_for("jobs.job_page", job_id=job_id))


def _render(form: ImportVersionForm, failure: InputError | None = None) -> str:
    return render_template(
        "versions/import.html",
        form=form,
        failure=failure,
        most_bytes=MOST_BYTES,
        install_command=INSTALL_COMMAND if missing_modules() else None,
    )
