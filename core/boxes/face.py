"""A face of a photo with all that has been said of it."""

from dataclasses import dataclass
from enum import StrEnum

from models import DRAWN, BoxState, Label


class FaceStanding(StrEnum):
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
