"""A face of a dataset for training and evaluation."""

from dataclasses import dataclass

from core.detection.face import Box
from core.labels.label_words import read_label
from models import Label, SourceKind, Split

#: Folder names that do not tell where the files came from.
_LAYOUT_WORDS = frozenset({"images", "jpegimages", "train", "val", "valid", "test"})
_PARTS = 2


@dataclass(frozen=True, kw_only=True)
class LabelledFace:
    """A face with the label and split it had when the dataset was frozen."""

    face_id: int
    photo_id: int
    photo_sha256: str
    box: Box
    #: Five (x, y) in pixels of the full-size photo; empty for a box that a person drew.
    landmarks: tuple[tuple[float, float], ...]
    #: The detector's confidence, 0 to 1.
    score: float
    detector_key: str
    label: Label
    split: Split
    #: Variance of the Laplacian at 112 px; None where unknown.
    blur: float | None
    #: Kind of the first source of its photo; None for a photo without source.
    source_kind: SourceKind | None
    #: The name that metrics by source are grouped by.
    source: str
    mask_kind: str | None

    @property
    def size(self) -> float:
        """Square root of the box's area, in pixels of the full-size photo."""
        return float((self.box.width * self.box.height) ** 0.5)


def source_name(kind: SourceKind, name: str) -> str:
    """The last two folders of a path that are not named after a label, as `crops/web`; else the kind."""
    parts = [part for part in name.split("/")[:-1] if part]
    while parts and (read_label(parts[-1]) or parts[-1].lower() in _LAYOUT_WORDS):
        parts.pop()
    return "/".join(parts[-_PARTS:]) or kind.value
