"""The forms that freeze a dataset and import a labelled set."""

from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, IntegerField, StringField
from wtforms.validators import AnyOf, InputRequired, Length, NumberRange

from core.datasets.importing.job_kind import ImportOptions
from core.datasets.job_kind import FreezeJobOptions
from core.datasets.options import FreezeOptions


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
        """What was asked for."""
        options = FreezeOptions(agreeing=self.agreeing.data, smallest_face=self.smallest_face.data)
        return FreezeJobOptions(freeze=options, golden=self.golden.data)


class ImportForm(FlaskForm):
    """Where the set lies, and a title."""

    source = StringField(default="upload", validators=[AnyOf(("upload", "folder"))])
    title = StringField("Title", validators=[Length(max=200)])
    folder = StringField("Folder on the server", validators=[Length(max=4096)])
    #: Token of the upload, filled in by the page's script when the last file has arrived.
    upload = HiddenField(validators=[Length(max=64)])

    def options(self, upload_id: int | None) -> ImportOptions:
        """What was asked for; InputError input_missing where neither a folder nor files were given."""
        folder = (self.folder.data or "").strip() or None if self.source.data == "folder" else None
        return ImportOptions(folder=folder, upload_id=upload_id)
