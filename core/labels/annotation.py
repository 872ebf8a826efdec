"""What an annotation file says about a photo, in any format, before its words are read as labels."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from core.detection.face import Box
from models import Label

#: Longer words are cut, since they are stored and shown.
LONGEST_WORD = 100
#: Corners beyond this are no pixels; NaN and infinity are not below it.
LARGEST_CORNER = 1e7
#: Below this width or height, rounding would take the area of a box away.
LEAST_EXTENT = 1e-6


class ObjectProblem(StrEnum):
    """Why an object of an annotation is not imported; the values are stored and shown."""

    WORD_MISSING = "word_missing"
    WORD_UNKNOWN = "word_unknown"
    #: A person chose to leave out objects with this word.
    WORD_IGNORED = "word_ignored"
    #: A corner is missing or is not a number.
    BOX_MISSING = "box_missing"
    #: Two corners are the same, so that the box has no area.
    BOX_EMPTY = "box_empty"
    #: So small that it is taken for an accidental click.
    BOX_TINY = "box_tiny"
    BOX_OUTSIDE = "box_outside"


@dataclass(frozen=True, kw_only=True)
class AnnotatedObject:
    """One object: the word as written, and its box in pixels of the file's own picture size.

    `box` is None or `problem` is set where the object cannot be used; a reader never raises for one object.
    """

    word: str
    box: Box | None = None
    problem: ObjectProblem | None = None
    #: How sure a model was of it; None for what a person drew. An import does not use it.
    score: float | None = None


@dataclass(frozen=True, kw_only=True)
class Annotation:
    """What a file says about one photo.

    `width` and `height` are the picture's size as the file says, both or neither; they need not be those of
    the photo. Objects are in file order.
    """

    width: int | None = None
    height: int | None = None
    objects: tuple[AnnotatedObject, ...] = ()
    #: Whether the file itself says that every face of the photo has a box.
    all_faces_boxed: bool = False
    #: Whether boxes are shares of the picture's width and height, from 0 to 1, as in YOLO.
    is_relative: bool = False

    @property
    def frame(self) -> tuple[int, int] | None:
        """Width and height of the picture that was annotated; None if the file does not say."""
        return (self.width, self.height) if self.width and self.height else None


@dataclass(frozen=True, kw_only=True)
class LabelledBox:
    """A labelled box of a data set, in pixels of the picture that was annotated."""

    box: Box
    label: Label
    mask_kind: str | None = None


def annotated_object(word: str | None, corners: Sequence[float | None]) -> AnnotatedObject:
    """The object with this word and the corners (x1, y1, x2, y2) in any order; None for an unreadable one."""
    word = (word or "").strip()[:LONGEST_WORD]
    numbers = [corner for corner in corners if corner is not None and abs(corner) < LARGEST_CORNER]
    if len(numbers) != 4:
        return AnnotatedObject(word=word, problem=ObjectProblem.BOX_MISSING)
    (x1, x2), (y1, y2) = sorted(numbers[::2]), sorted(numbers[1::2])
    if x2 - x1 < LEAST_EXTENT or y2 - y1 < LEAST_EXTENT:
        return AnnotatedObject(word=word, problem=ObjectProblem.BOX_EMPTY)
    box = Box(x1=x1, y1=y1, x2=x2, y2=y2)
    return AnnotatedObject(word=word, box=box, problem=None if word else ObjectProblem.WORD_MISSING)
