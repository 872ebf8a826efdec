"""One page of results: photos, faces with boxes and labels, and the neighbouring pages."""

from dataclasses import dataclass

from core.labels.shown_label import NOT_LABELLED, ShownLabel, Unlabelled, shown_label
from models import DRAWN, Face, JobPhotoState, Label, Photo, Prediction


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
    #: Whether a person or a labelled set drew the box.
    drawn: bool
    #: The current decision, None without one.
    decided: Label | None
    #: The label at the job's threshold; None for `not_a_face` and without a prediction.
    predicted: ShownLabel | None
    #: Probability of the most probable label.
    confidence: float | None
    #: In the order of `Label`; they sum to 1. Empty without a prediction.
    probabilities: tuple[float, ...]

    @property
    def label(self) -> Label | ShownLabel | Unlabelled:
        """The label to show: the decision, else the prediction."""
        if self.decided is None and self.predicted is None and self.probabilities:
            return Label.NOT_A_FACE
        return self.decided or self.predicted or NOT_LABELLED

    @property
    def by_label(self) -> list[tuple[Label, float]]:
        """Labels with their probabilities, the best first; empty without a prediction."""
        return sorted(zip(Label, self.probabilities, strict=False), key=lambda pair: -pair[1])


@dataclass(frozen=True, kw_only=True)
class ResultPhoto:
    """One file of a job with its faces; `photo` is None if it could not be read."""

    position: int
    name: str
    state: JobPhotoState
    photo: Photo | None
    error_code: str | None
    error_message: str | None
    faces: tuple[ResultFace, ...]

    @property
    def label_counts(self) -> list[tuple[ShownLabel | Unlabelled, int]]:
        """Number of faces by label."""
        shown: tuple[ShownLabel | Unlabelled, ...] = (*ShownLabel, NOT_LABELLED)
        counts = [(label, sum(face.label == label for face in self.faces)) for label in shown]
        return [(label, count) for label, count in counts if count]


@dataclass(frozen=True, kw_only=True)
class ResultsPage:
    """Photos in listing order, and the positions of the neighbouring pages."""

    photos: tuple[ResultPhoto, ...]
    #: `after` of the next page; None at the end.
    next_after: int | None
    #: `before` of the previous page; None at the start.
    previous_before: int | None
    #: Whether the search stopped at its limit, so that there may be more.
    cut_short: bool = False


@dataclass(frozen=True, kw_only=True)
class ErrorCount:
    """How many photos failed with one code, among the first that failed."""

    code: str
    #: The message of one of them.
    example: str
    photos: int
    #: Whether `photos` is a lower bound, since not all failures were counted.
    at_least: bool


def result_face(
    face: Face, prediction: Prediction | None, decided: Label | None, indeterminate_below: float
) -> ResultFace | None:
    """The face as shown; None for a face predicted as `not_a_face`, unless it is drawn or decided."""
    probabilities = _probabilities(prediction)
    confidence = max(probabilities, default=None)
    predicted = None
    if prediction is not None and confidence is not None:
        predicted = shown_label(prediction.label, confidence, indeterminate_below)
    drawn = face.detector_key == DRAWN
    if prediction is not None and predicted is None and decided is None and not drawn:
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
