"""A face of a photo with its label and prediction, and the rule that says whether it counts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from core.detection.face import SAME_FACE, overlap
from models import DRAWN, BoxState, Label


class FaceStatus(StrEnum):
    """Whether a face of a photo counts."""

    #: It counts: exports and training use it.
    COUNTS = "counts"
    #: Of low confidence, or found after the photo was marked as boxed; a person may accept it.
    PROPOSED = "proposed"
    #: Labelled as not a face; the classifier is trained on it.
    NOT_A_FACE = "not_a_face"
    #: Removed, replaced, or a duplicate of a face found by another detector.
    HIDDEN = "hidden"


@dataclass(frozen=True, kw_only=True)
class PhotoFace:
    """One row of `face` with its decision and prediction; corners in pixels of the full-size photo."""

    face_id: int
    photo_id: int
    detector_key: str
    x1: float
    y1: float
    x2: float
    y2: float
    #: The detector's confidence, 0 to 1.
    score: float
    box_state: BoxState | None
    #: The decision that counts; None for an undecided face.
    label: Label | None
    #: Predicted label of the champion, else of the newest version with a prediction; None without one.
    predicted: Label | None
    #: Probability of `predicted`.
    confidence: float | None

    @property
    def drawn(self) -> bool:
        """True for a box drawn by a person or imported from a labelled set."""
        return self.detector_key == DRAWN

    @property
    def boxed(self) -> bool:
        """True if the box was drawn or accepted, and not removed since."""
        return self.box_state is BoxState.ACCEPTED or (self.drawn and self.box_state is None)

    @property
    def removed(self) -> bool:
        """True if the box was replaced or removed."""
        return self.box_state in (BoxState.REPLACED, BoxState.REMOVED)


#: Detector score from which a face without a prediction counts.
SURE_SCORE = 0.6


def face_statuses(faces: Sequence[PhotoFace], *, photo_is_boxed: bool) -> dict[int, FaceStatus]:
    """The status of every face of one photo, by face id.

    Boxes that people drew, accepted or removed come first, then detected faces: labelled ones, then those of
    the newest detector. A detected box that duplicates an earlier box of another detector is hidden, so that
    another detector cannot bring back a removed face.
    """
    statuses: dict[int, FaceStatus] = {}
    earlier: list[PhotoFace] = []
    for face in sorted(faces, key=_rank(faces)):
        edited = face.boxed or face.removed
        duplicate = not edited and any(_is_duplicate(face, other) for other in earlier)
        statuses[face.face_id] = FaceStatus.HIDDEN if duplicate else _status_of(face, photo_is_boxed)
        # A removed drawn box must not hide the detected face below it.
        if not duplicate and not (face.drawn and face.removed):
            earlier.append(face)
    return statuses


def _status_of(face: PhotoFace, photo_is_boxed: bool) -> FaceStatus:
    if face.removed:
        return FaceStatus.HIDDEN
    if face.label is Label.NOT_A_FACE:
        return FaceStatus.NOT_A_FACE
    if face.boxed or face.label is not None:
        return FaceStatus.COUNTS
    is_face = face.score >= SURE_SCORE if face.predicted is None else face.predicted is not Label.NOT_A_FACE
    return FaceStatus.COUNTS if is_face and not photo_is_boxed else FaceStatus.PROPOSED


def _is_duplicate(face: PhotoFace, other: PhotoFace) -> bool:
    return face.detector_key != other.detector_key and overlap(face, other) >= SAME_FACE


def _rank(faces: Sequence[PhotoFace]) -> Callable[[PhotoFace], tuple[int, int, int]]:
    newest: dict[str, int] = {}
    for face in faces:
        newest[face.detector_key] = max(face.face_id, newest.get(face.detector_key, 0))

    def rank(face: PhotoFace) -> tuple[int, int, int]:
        group = 0 if face.boxed or face.removed else 1 if face.label is not None else 2
        return group, -newest[face.detector_key], face.face_id

    return rank
