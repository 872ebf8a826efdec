"""The forms that freeze a dataset and import a labelled set."""

from flask_wtf import FlaskForm
from wtforms import BooleanField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from core.datasets.importing.formats.record import SetFormat
from core.datasets.importing.job_kind import ImportOptions
from core.datasets.job_kind import FreezeJobOptions
from core.datasets.options import FreezeOptions
from core.labels.label_words import parse_meanings
from web.jobs.input_form import InputForm


class FreezeForm(FlaskForm):
    """Title and options; the bounds are those of `FreezeOptions`, which checks them again."""

    title = StringField("Title", validators=[Length(max=200)])
    agreeing = IntegerField(
        "People who must agree",
        default=FreezeOptions.default_of("agreeing"),
        validators=[InputRequired("Give a number."), NumberRange(1, 5)],
    )
    smallest_face = IntegerField(
        "Smallest face",
        default=FreezeOptions.default_of("smallest_face"),
        validators=[InputRequired("Give a number of pixels."), NumberRange(0, 512)],
    )
    golden = BooleanField("Pin its test faces as the golden test set")

    def options(self) -> FreezeJobOptions:
        """The options of the job."""
        options = FreezeOptions(agreeing=self.agreeing.data, smallest_face=self.smallest_face.data)
        return FreezeJobOptions(freeze=options, golden=self.golden.data)


class ImportForm(InputForm):
    """Where the labelled set is, a title, and what the set is said to hold."""

    all_faces_boxed = BooleanField("All faces of the annotated photos have a box")
    keep_splits = BooleanField("Keep the train, validation and test photos of the set")
    words = TextAreaField("Words of the set", validators=[Length(max=10_000)])
    format = SelectField(
        "Format",
        choices=[
            SelectChoice("", "Recognise it"),
            *(SelectChoice(each.value, each.words) for each in SetFormat),
        ],
        default="",
        validators=[Optional()],
    )

    def options(self, upload_id: int | None) -> ImportOptions:
        """The options of the job; InputError input_missing without an input, or label_word_invalid."""
        lines = (self.words.data or "").splitlines()
        return ImportOptions(
            folder=self.folder_path,
            upload_id=upload_id,
            all_faces_boxed=self.all_faces_boxed.data,
            labels=parse_meanings(line for line in lines if line.strip()),
            keep_splits=self.keep_splits.data,
            format=SetFormat(self.format.data) if self.format.data else None,
        )
