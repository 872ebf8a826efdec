"""The forms of duplicate jobs and of accepting many groups."""

from flask_wtf import FlaskForm
from wtforms import SelectField
from wtforms.fields.choices import SelectChoice

from core.dedup.job_kind import DedupOptions
from core.library.fingerprints.photo_hashes import LARGEST_DISTANCE, NEAR_DISTANCE

_DISTANCES = [
    SelectChoice(2, "Resized and recompressed copies"),
    SelectChoice(NEAR_DISTANCE, "Also light crops and small marks"),
    SelectChoice(LARGEST_DISTANCE, "Also stronger crops; more that are not the same"),
]
_ACCEPTANCES = [
    SelectChoice(0.0, "Nothing: I look at each group"),
    SelectChoice(1.0, "100% alike"),
    SelectChoice(0.98, "98% alike and more"),
    SelectChoice(0.95, "95% alike and more"),
]
_COSINES = [
    SelectChoice(0.0, "Not looked for"),
    SelectChoice(0.65, "Cosine from 0.65: crops of a tenth"),
    SelectChoice(0.55, "Cosine from 0.55: also crops of a fifth"),
    SelectChoice(0.45, "Cosine from 0.45: more strong crops; slower"),
]
SIMILARITIES = (1.0, 0.99, 0.98, 0.97, 0.95, 0.93, 0.9)


class FindForm(FlaskForm):
    """What a duplicate job looks for."""

    distance = SelectField("Look for", coerce=int, choices=_DISTANCES, default=NEAR_DISTANCE)
    similar_above = SelectField("Crops, bars, mirrored", coerce=float, choices=_COSINES, default=0.0)
    accept_above = SelectField("Hide at once", coerce=float, choices=_ACCEPTANCES, default=0.0)

    def options(self) -> DedupOptions:
        """As the job takes them."""
        return DedupOptions(
            distance=self.distance.data,
            accept_above=self.accept_above.data or None,
            similar_above=self.similar_above.data or None,
        )
