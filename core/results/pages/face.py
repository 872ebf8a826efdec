"""A face as results show it: its box, its probabilities, and what a person or else the job says of it."""

from dataclasses import dataclass

from core.labels.shown_label import ShownLabel, shown_label
from models import DRAWN, Face, Label, Prediction


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
    #: True for a box that a person or a labelled set drew.
    drawn: bool
    #: The decision that counts, None where nobody decided.
    decided: Label | None
    #: What the job's threshold allows to be said; None for `not_a_face` and where no classifier saw the face.
    predicted: ShownLabel | None
    #: Probability of the most probable label.
    confidence: float | None
    #: In the order of `Label`; they sum to 1. Empty where no classifier saw the face.
    probabilities: tuple[float, ...]

    @property
    def label(self) -> Label | ShownLabel:
        """What the box shows: the decision before the prediction."""
        return self.decided or self.predicted or ShownLabel.INDETERMINATE

    @property
    def by_label(self) -> list[tuple[Label, float]]:
        """Labels with their probabilities, the likeliest first; empty without a prediction."""
        return sorted(zip(Label, self.probabilities, strict=False), key=lambda pair: -pair[1])


def result_face(
    face: Face, prediction: Prediction | None, decided: Label | None, indeterminate_below: float
) -> ResultFace | None:
    """The face as shown, None for one that nobody drew or decided and no classifier takes for a face."""
    probabilities = _probabilities(prediction)
    confidence = max(probabilities, default=None)
    predicted = None
    if prediction is not None and confidence is not None:
        predicted = shown_label(prediction.label, confidence, indeterminate_below)
    drawn = face.detector_key == DRAWN
    if predicted is None and decided is None and not drawn:
        return None
    return ResultFace(
        face_id=face.id,
        x1=face.x1,
        y1=face.y1,
        x2=face.x2,
        y2=face.y2,
        score=face.score,
        drawn=drawn,
        decided=decided,
        predicted=predicted,
        confidence=confidence,
        probabilities=probabilities,
    )


def _probabilities(prediction: Prediction | None) -> tuple[float, ...]:
    if prediction is None:
        return ()
    return prediction.with_mask, prediction.without_mask, prediction.incorrect, prediction.not_a_face
