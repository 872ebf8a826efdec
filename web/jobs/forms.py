"""The form that asks for a job."""

from flask_wtf import FlaskForm
from wtforms import BooleanField, FloatField, HiddenField, IntegerField, StringField
from wtforms.validators import AnyOf, InputRequired, Length, NumberRange

from core.dedup.job_kind import DEDUP
from core.detection.options import SMALLEST_FACES
from core.predict.options import PredictOptions


class JobForm(FlaskForm):
    """Input, thresholds and title; the bounds are those of `PredictOptions`, which checks them again."""

    #: Where the photos are: `upload` or `folder`.
    source = StringField(default="upload", validators=[AnyOf(("upload", "folder"))])
    title = StringField("Title", validators=[Length(max=200)])
    folder = StringField("Folder on the server", validators=[Length(max=4096)])
    #: Token of the upload, filled in by the page's script when the last file has arrived.
    upload = HiddenField(validators=[Length(max=64)])
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

    find_duplicates = BooleanField("Find duplicates afterwards")
    leave_out_hidden = BooleanField("Leave hidden duplicates out of the reports")

    def options(self, upload_id: int | None) -> PredictOptions:
        """What was asked for; InputError input_missing where neither a folder nor files were given."""
        return PredictOptions(
            folder=(self.folder.data or "").strip() or None if self.source.data == "folder" else None,
            upload_id=upload_id,
            smallest_face=self.smallest_face.data,
            indeterminate_below=self.indeterminate_below.data,
            follow_up=(DEDUP.name,) if self.find_duplicates.data else (),
            leave_out_hidden=self.leave_out_hidden.data,
        )
