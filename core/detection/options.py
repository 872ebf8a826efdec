"""Options of detection, validated on construction."""

from dataclasses import dataclass

from core.errors import InputError

SMALLEST_FACES = (8.0, 512.0)
#: The network cannot find a face with a smaller side, in detector pixels.
VISIBLE_PIXELS = 8.0
#: Enlarging a face beyond this side, in detector pixels, gains nothing.
PLENTY_PIXELS = 40.0


@dataclass(frozen=True, kw_only=True)
class DetectionOptions:
    """Options that change which boxes are found.

    Raises InputError: bad_smallest_face, bad_score_threshold.
    """

    #: Side of the smallest face to find, in pixels of the full-size photo.
    smallest_face: float = 16.0
    #: Candidates below this score of the face detector are dropped. It is low on purpose: the classifier
    #: rejects false candidates by the label `not_a_face`.
    score_threshold: float = 0.3

    def __post_init__(self) -> None:
        lowest, highest = SMALLEST_FACES
        if not lowest <= self.smallest_face <= highest:
            raise InputError(
                "bad_smallest_face", f"The smallest face must be {lowest:g} to {highest:g} pixels."
            )
        if not 0.05 <= self.score_threshold <= 0.95:
            raise InputError("bad_score_threshold", "The score threshold must be 0.05 to 0.95.")

    @property
    def finest_scale(self) -> float:
        """Detector pixels per photo pixel; finer scales do not help to find the smallest face."""
        return PLENTY_PIXELS / self.smallest_face

    @property
    def min_decode_scale(self) -> float:
        """Smallest decode scale that does not lose the smallest face, 1.0 or less."""
        return min(1.0, self.finest_scale)

    @property
    def key(self) -> str:
        """The options' part of the detector's key."""
        return f"s{self.smallest_face:g}-t{self.score_threshold:g}"
