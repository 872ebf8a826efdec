"""One page of results: photos, faces with boxes and labels, and the neighbouring pages."""

from dataclasses import dataclass

from core.detection.face import Probabilities, most_probable_first
from core.labels.final_label import COUNTED_LABELS, DecidedLabel, FinalLabel, PredictedLabel
from core.predict.job_faces import JobFace
from core.results.pages.filter import ShownLabels
from models import JobPhotoState, Label, Photo


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
    #: The label to show.
    label: FinalLabel
    #: What people decided; None for an undecided face, and where predicted labels are shown.
    decided: DecidedLabel | None
    #: The label at the job's threshold; None without a prediction.
    predicted: PredictedLabel | None
    #: Probability of the most probable label.
    confidence: float | None
    #: Empty without a prediction.
    probabilities: Probabilities

    @property
    def undecided_label(self) -> FinalLabel:
        """The label without the decision."""
        return FinalLabel(self.predicted.value) if self.predicted else FinalLabel.NOT_LABELLED

    @property
    def by_label(self) -> list[tuple[Label, float | None]]:
        """Labels with their probabilities, the best first, None for what is not predicted."""
        return most_probable_first(zip(Label, self.probabilities, strict=False))


@dataclass(frozen=True, kw_only=True)
class ResultPhoto:
    """One file of a job with its faces; `photo` is None if it could not be read."""

    position: int
    name: str
    state: JobPhotoState
    photo: Photo | None
    error_code: str | None
    error_message: str | None
    #: Also those that people took for no face.
    faces: tuple[ResultFace, ...]

    @property
    def counted(self) -> tuple[ResultFace, ...]:
        """The faces that count."""
        return tuple(face for face in self.faces if face.label.counts)

    @property
    def label_counts(self) -> list[tuple[FinalLabel, int]]:
        """Number of faces by label."""
        counts = [(label, sum(face.label is label for face in self.faces)) for label in COUNTED_LABELS]
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


def result_face(face: JobFace, labels: ShownLabels) -> ResultFace | None:
    """The face as these labels show it; None where it is not to be seen.

    By final labels that is a box that was removed, and a face that the classifier alone takes for none; by
    predicted labels every face that the job did not find itself.
    """
    if labels is ShownLabels.PREDICTED:
        return _result_face(face, _undecided_label(face), None) if face.is_found else None
    decided = face.decided.label if face.decided else None
    is_shown = face.final.counts or (face.final is FinalLabel.NOT_A_FACE and decided is not None)
    return _result_face(face, face.final, decided) if is_shown else None


def _undecided_label(face: JobFace) -> FinalLabel:
    return FinalLabel(face.predicted.value) if face.predicted else FinalLabel.NOT_LABELLED


def _result_face(face: JobFace, label: FinalLabel, decided: DecidedLabel | None) -> ResultFace:
    return ResultFace(
        face_id=face.face_id,
        x1=face.x1,
        y1=face.y1,
        x2=face.x2,
        y2=face.y2,
        score=face.detector_score,
        drawn=face.drawn,
        label=label,
        decided=decided,
        predicted=face.predicted,
        confidence=face.confidence,
        probabilities=face.probabilities,
    )
