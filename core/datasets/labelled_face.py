"""A face of a dataset as training and evaluation take it."""

from dataclasses import dataclass

from core.detection.face import Box
from models import Label, SourceKind, Split


@dataclass(frozen=True, kw_only=True)
class LabelledFace:
    """A face with the label and side it had when the dataset was frozen."""

    face_id: int
    photo_id: int
    photo_sha256: str
    box: Box
    #: Five (x, y) in pixels of the full-size photo; none for a box that a person drew.
    landmarks: tuple[tuple[float, float], ...]
    #: The detector's confidence, 0 to 1.
    score: float
    label: Label
    split: Split
    #: Variance of the Laplacian at 112 px; None where it was not measured.
    blur: float | None
    #: Where its photo was met first, and in words that slices are named by; None for a photo without source.
    source_kind: SourceKind | None
    source: str
    mask_kind: str | None

    @property
    def size(self) -> float:
        """Square root of the box's area, in pixels of the full-size photo."""
        return float((self.box.width * self.box.height) ** 0.5)
