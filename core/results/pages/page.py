"""One page of results: its photos, their faces with boxes and labels, and where its neighbours begin."""

from dataclasses import dataclass

from core.labels.shown_label import ShownLabel, shown_label
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


@dataclass(frozen=True, kw_only=True)
class ResultPhoto:
    """One file of a job with what was found in it; `photo` is None where it could not be read."""

    position: int
    name: str
    state: JobPhotoState
    photo: Photo | None
    error_code: str | None
    error_message: str | None
    faces: tuple[ResultFace, ...]

    @property
    def label_counts(self) -> list[tuple[ShownLabel, int]]:
        """Labels that its faces have, with how many have each."""
        counts = [(label, sum(face.label == label for face in self.faces)) for label in ShownLabel]
        return [(label, count) for label, count in counts if count]


@dataclass(frozen=True, kw_only=True)
class ResultsPage:
    """Photos in listing order, and the positions from which the neighbouring pages go on."""

    photos: tuple[ResultPhoto, ...]
    #: Give it as `after` for the next page; None at the end.
    next_after: int | None
    #: Give it as `before` for the previous page; None at the start.
    previous_before: int | None
    #: True where looking stopped for its cost, so that more may fit beyond.
    cut_short: bool = False


@dataclass(frozen=True, kw_only=True)
class ErrorCount:
    """How many photos failed with one code, among the first that failed."""

    code: str
    #: What was said of one of them.
    example: str
    photos: int
    #: True where more failed than were counted, so that `photos` is a lower bound.
    at_least: bool


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
