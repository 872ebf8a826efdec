"""The form of a predict job."""

from wtforms import BooleanField, FloatField, IntegerField
from wtforms.validators import InputRequired, NumberRange

from core.dedup.job_kind import DEDUP
from core.detection.options import SMALLEST_FACES
from core.predict.options import PredictOptions
from web.jobs.input_form import InputForm


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

    find_duplicates = BooleanField("Find duplicates afterwards")
    leave_out_hidden = BooleanField("Leave hidden duplicates out of the reports")

    def options(self, upload_id: int | None) -> PredictOptions:
        """The options of the job; InputError input_missing without a folder and without files."""
        return PredictOptions(
            folder=self.folder_path,
            upload_id=upload_id,
            smallest_face=self.smallest_face.data,
            indeterminate_below=self.indeterminate_below.data,
            follow_up=(DEDUP.name,) if self.find_duplicates.data else (),
            leave_out_hidden=self.leave_out_hidden.data,
        )
