"""A face as detection reports it."""

from dataclasses import dataclass

from models.label import Label


@dataclass(frozen=True, kw_only=True)
class Box:
    """Corners in pixels of the upright full-size photo; x2 and y2 are exclusive."""

    x1: float
    y1: float
    x2: float
    y2: float

    def __post_init__(self) -> None:
        if not (self.x1 < self.x2 and self.y1 < self.y2):
            raise ValueError(f"box has no area: {self.x1}, {self.y1}, {self.x2}, {self.y2}")

    @property
    def width(self) -> float:
        """In pixels."""
        return self.x2 - self.x1

    @property
    def height(self) -> float:
        """In pixels."""
        return self.y2 - self.y1


@dataclass(frozen=True, kw_only=True)
class FoundFace:
    """What the face detector alone says: a box and five landmarks, no label yet."""

    box: Box
    #: Right eye, left eye, nose tip, right and left mouth corner (the person's right), each (x, y).
    landmarks: tuple[tuple[float, float], ...]
    #: The detector's confidence, 0 to 1.
    score: float


@dataclass(frozen=True, kw_only=True)
class DetectedFace:
    """A found face with the classifier's calibrated probabilities, in the order of `Label`."""

    found: FoundFace
    probabilities: tuple[float, float, float, float]

    def __post_init__(self) -> None:
        if abs(sum(self.probabilities) - 1) > 1e-3:
            raise ValueError("probabilities must sum to 1")

    @property
    def label(self) -> Label:
        """The most probable label."""
        return list(Label)[self.probabilities.index(max(self.probabilities))]

    @property
    def confidence(self) -> float:
        """Probability of `label`."""
        return max(self.probabilities)
