"""A face as results show it: its box, its probabilities, and the label that the job's threshold allows."""

from dataclasses import dataclass

from core.reports.shown_label import ShownLabel, shown_label
from models import Face, Label, Prediction


@dataclass(frozen=True, kw_only=True)
class ResultFace:
    """One face of a photo; corners in pixels of the upright full-size photo."""

    face_id: int
    x1: float
    y1: float
    x2: float
    y2: float
    #: The detector's confidence that this is a face, 0 to 1.
    score: float
    label: ShownLabel
    #: Probability of the most probable label.
    confidence: float
    #: In the order of `Label`; they sum to 1.
    probabilities: tuple[float, float, float, float]

    @property
    def by_label(self) -> list[tuple[Label, float]]:
        """Labels with their probabilities, the likeliest first."""
        return sorted(zip(Label, self.probabilities, strict=True), key=lambda pair: -pair[1])


def result_face(face: Face, prediction: Prediction, indeterminate_below: float) -> ResultFace | None:
    """The face as shown, None for `not_a_face`, which no report counts."""
    probabilities = (
        prediction.with_mask,
        prediction.without_mask,
        prediction.incorrect,
        prediction.not_a_face,
    )
    confidence = max(probabilities)
    label = shown_label(prediction.label, confidence, indeterminate_below)
    if label is None:
        return None
    return ResultFace(
        face_id=face.id,
        x1=face.x1,
        y1=face.y1,
        x2=face.x2,
        y2=face.y2,
        score=face.score,
        label=label,
        confidence=confidence,
        probabilities=probabilities,
    )
