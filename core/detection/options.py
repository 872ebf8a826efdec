"""What a caller may choose about detection; validated once, here."""

from dataclasses import dataclass

from core.errors import InputError

SMALLEST_FACES = (8.0, 512.0)
#: A face must have this many pixels for the network to see it at all.
VISIBLE_PIXELS = 10.0
#: A face of this many pixels gains nothing from enlarging it further.
PLENTY_PIXELS = 40.0


@dataclass(frozen=True, kw_only=True)
class DetectionOptions:
    """Options that change which boxes are found; raises InputError when a value makes no sense."""

    #: Side in pixels of the full-size photo of the smallest face that is looked for.
    smallest_face: float = 16.0
    #: Candidates below this score of the face detector are dropped. Low on purpose: the classifier's
    #: `not_a_face` vetoes what should not have been kept.
    score_threshold: float = 0.3

    def __post_init__(self) -> None:
        lowest, highest = SMALLEST_FACES
        if not lowest <= self.smallest_face <= highest:
            raise InputError("bad_smallest_face", f"The smallest face is {lowest:g} to {highest:g} pixels.")
        if not 0.05 <= self.score_threshold <= 0.95:
            raise InputError("bad_score_threshold", "The score threshold is 0.05 to 0.95.")

    @property
    def finest_scale(self) -> float:
        """Detector pixels per photo pixel beyond which the smallest face needs no enlarging."""
        return PLENTY_PIXELS / self.smallest_face

    @property
    def min_decode_scale(self) -> float:
        """How far a photo may be decoded reduced without losing the smallest face, 1.0 or less."""
        return min(1.0, self.finest_scale)

    @property
    def key(self) -> str:
        """The part of the detector's key that these options make."""
        return f"s{self.smallest_face:g}-t{self.score_threshold:g}"
