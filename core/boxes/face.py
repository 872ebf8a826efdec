"""A face of a photo with its label and prediction, and the rule that says whether it counts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from core.detection.face import SAME_FACE, overlap
from models import DRAWN, BoxState, Label


class FaceStatus(StrEnum):
    """What becomes of a face of a photo."""

    #: It counts: exports and training have it.
    STANDS = "stands"
    #: The detector is unsure of it, or found it after the photo was called boxed: a person may accept it.
    PROPOSED = "proposed"
    #: Decided to be no face; kept for the classifier to learn from.
    NOT_A_FACE = "not_a_face"
    #: Taken away, replaced, or found a second time by another detector.
    HIDDEN = "hidden"


@dataclass(frozen=True, kw_only=True)
class PhotoFace:
    """One row of `face` with its newest decision and its prediction; corners in full-size pixels."""

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
    #: The newest decision, None where nobody decided.
    label: Label | None
    #: The champion's best label, or that of the newest version that saw the face; None where none did.
    predicted: Label | None
    #: Probability of `predicted`.
    confidence: float | None

    @property
    def drawn(self) -> bool:
        """True for a box that a person or a labelled set drew."""
        return self.detector_key == DRAWN

    @property
    def boxed(self) -> bool:
        """True where the box itself was drawn or accepted and not taken away since."""
        return self.box_state is BoxState.ACCEPTED or (self.drawn and self.box_state is None)

    @property
    def taken_away(self) -> bool:
        """True where the box was replaced or removed."""
        return self.box_state in (BoxState.REPLACED, BoxState.REMOVED)


#: A face that no classifier has seen stands where its detector is this sure.
SURE_SCORE = 0.6


def face_statuses(faces: Sequence[PhotoFace], *, photo_is_boxed: bool) -> dict[int, FaceStatus]:
    """The standing of every face of one photo, by face id.

    Boxes that people drew, accepted or took away are what they said. What a detector found comes after
    them, labelled faces first, then those of the newest detector; of two detectors' boxes over the same
    face the later one is hidden, so that a face that was taken away does not come back by another detector.
    """
    standings: dict[int, FaceStatus] = {}
    before: list[PhotoFace] = []
    for face in sorted(faces, key=_rank(faces)):
        said = face.boxed or face.taken_away
        copy = not said and any(_is_copy(face, other) for other in before)
        standings[face.face_id] = FaceStatus.HIDDEN if copy else _of(face, photo_is_boxed)
        # A drawn box that was undone or taken away leaves what it covered as it was.
        if not copy and not (face.drawn and face.taken_away):
            before.append(face)
    return standings


def _of(face: PhotoFace, photo_is_boxed: bool) -> FaceStatus:
    if face.taken_away:
        return FaceStatus.HIDDEN
    if face.label is Label.NOT_A_FACE:
        return FaceStatus.NOT_A_FACE
    if face.boxed or face.label is not None:
        return FaceStatus.STANDS
    sure = face.score >= SURE_SCORE if face.predicted is None else face.predicted is not Label.NOT_A_FACE
    return FaceStatus.STANDS if sure and not photo_is_boxed else FaceStatus.PROPOSED


def _is_copy(face: PhotoFace, other: PhotoFace) -> bool:
    return face.detector_key != other.detector_key and overlap(face, other) >= SAME_FACE


def _rank(faces: Sequence[PhotoFace]) -> Callable[[PhotoFace], tuple[int, int, int]]:
    newest: dict[str, int] = {}
    for face in faces:
        newest[face.detector_key] = max(face.face_id, newest.get(face.detector_key, 0))

    def rank(face: PhotoFace) -> tuple[int, int, int]:
        said = 0 if face.boxed or face.taken_away else 1 if face.label is not None else 2
        return said, -newest[face.detector_key], face.face_id

    return rank
