"""The form of a duplicate job, and the choices for accepting many groups."""

from flask_wtf import FlaskForm
from wtforms import SelectField
from wtforms.fields.choices import SelectChoice

from core.dedup.job_kind import DedupOptions
from core.library.fingerprints.photo_hashes import LARGEST_DISTANCE, NEAR_DISTANCE

_DISTANCES = [
    SelectChoice(2, "Resized and recompressed copies"),
    SelectChoice(NEAR_DISTANCE, "Also slight crops and small marks"),
    SelectChoice(LARGEST_DISTANCE, "Also stronger crops; more false matches"),
]
_ACCEPTANCES = [
    SelectChoice(0.0, "Nothing: I review each group"),
    SelectChoice(1.0, "100% similar"),
    SelectChoice(0.98, "98% similar or more"),
    SelectChoice(0.95, "95% similar or more"),
]
_COSINES = [
    SelectChoice(0.0, "Do not search"),
    SelectChoice(0.65, "Cosine from 0.65: crops of 10%"),
    SelectChoice(0.55, "Cosine from 0.55: also crops of 20%"),
    SelectChoice(0.45, "Cosine from 0.45: more strong crops; slower"),
]
SIMILARITIES = (1.0, 0.99, 0.98, 0.97, 0.95, 0.93, 0.9)


class FindForm(FlaskForm):
    """Options of a duplicate job."""

    distance = SelectField("Find", coerce=int, choices=_DISTANCES, default=NEAR_DISTANCE)
    similar_above = SelectField("Crops, bars, mirrored, turned", coerce=float, choices=_COSINES, default=0.0)
    accept_above = SelectField("Hide at once", coerce=float, choices=_ACCEPTANCES, default=0.0)

    def options(self) -> DedupOptions:
        """The options for the job."""
        return DedupOptions(
            distance=self.distance.data,
            accept_above=self.accept_above.data or None,
            similar_above=self.similar_above.data or None,
        )
