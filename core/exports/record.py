"""One photo with its faces, as every format gets it."""

from dataclasses import dataclass

from core.boxes.formats import UNLABELLED
from core.library.credits import Credit
from models import Label

#: Class names in the order of their numbers, which begin at 0 or 1 as the format has it.
CLASSES = (Label.WITH_MASK.value, Label.WITHOUT_MASK.value, Label.INCORRECT.value, UNLABELLED)


@dataclass(frozen=True, kw_only=True)
class ExportedFace:
    """A face; corners in pixels of the upright picture as it leaves, right and bottom exclusive."""

    face_id: int
    x1: float
    y1: float
    x2: float
    y2: float
    #: With mask, without mask or incorrect; None for a face without a label.
    label: Label | None
    #: Whether a person gave the label.
    decided: bool
    #: Probability of a predicted label, 0 to 1; None for a decided one.
    confidence: float | None
    #: The detector's confidence, 0 to 1; 1 for boxes that people drew.
    score: float

    @property
    def class_name(self) -> str:
        """The label, else `unlabelled`."""
        return UNLABELLED if self.label is None else self.label.value

    @property
    def class_index(self) -> int:
        """The number of the class from 0."""
        return CLASSES.index(self.class_name)

    @property
    def width(self) -> float:
        """Width in pixels."""
        return self.x2 - self.x1

    @property
    def height(self) -> float:
        """Height in pixels."""
        return self.y2 - self.y1


@dataclass(frozen=True, kw_only=True)
class ExportedPhoto:
    """A photo; `width` and `height` are those of the upright picture as it leaves."""

    photo_id: int
    sha256: str
    #: Unique file name, by the hash of the photo.
    file_name: str
    width: int
    height: int
    #: `train`, `validation` or `test`.
    split: str
    #: Whether a person has said that every face of it has a box.
    all_boxed: bool
    #: Source and owner; None if unknown.
    credit: Credit | None
    faces: tuple[ExportedFace, ...]

    @property
    def stem(self) -> str:
        """The file name without its ending."""
        return self.file_name.rpartition(".")[0]
