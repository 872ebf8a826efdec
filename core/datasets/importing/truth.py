"""The labels of one photo of a labelled set, as its row stores them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from core.detection.face import Box
from core.labels.annotation import Annotation, LabelledBox, ObjectProblem
from core.labels.label_words import LabelWord, OtherWord, ReadWord, read_word
from models import Label, Split

#: Code of a photo of which the set says nothing.
LABEL_UNKNOWN = "label_unknown"
#: Said after a number of objects.
PROBLEM_WORDS = {
    ObjectProblem.WORD_MISSING: "without a label",
    ObjectProblem.WORD_UNKNOWN: "with an unknown label",
    ObjectProblem.WORD_IGNORED: "with a label that is ignored",
    ObjectProblem.BOX_MISSING: "without a readable box",
    ObjectProblem.BOX_EMPTY: "with an empty box",
    ObjectProblem.BOX_TINY: "with a tiny box",
    ObjectProblem.BOX_OUTSIDE: "outside the photo",
}


@dataclass(frozen=True, kw_only=True)
class DroppedObject:
    """An annotated object that is not imported: its word as written, why, and its box if it has one."""

    word: str
    problem: ObjectProblem
    box: Box | None = None

    @property
    def reason(self) -> str:
        """The problem in words, said after a number of objects."""
        return PROBLEM_WORDS[self.problem]


@dataclass(frozen=True, kw_only=True)
class Truth:
    """The label of the photo's only face, or the annotated objects of a photo.

    Boxes are in pixels of `frame`, width and height of the picture that was annotated; None means the photo.
    """

    label: Label | None = None
    mask_kind: str | None = None
    boxes: tuple[LabelledBox, ...] = ()
    #: Faces without a label.
    unlabelled: tuple[Box, ...] = ()
    dropped: tuple[DroppedObject, ...] = ()
    frame: tuple[int, int] | None = None
    #: Whether the set itself says that the photo has no other face, as a folder `negatives` does.
    all_faces_boxed: bool = False
    #: Whether boxes are shares of the picture's width and height, from 0 to 1.
    is_relative: bool = False
    #: Whether the file that says it is damaged, so that boxes of the photo may be missing.
    is_incomplete: bool = False
    #: The split that the set gives the photo, where it is to be kept.
    split: Split | None = None
    licence: str | None = None

    @property
    def is_unusable(self) -> bool:
        """Whether the annotation has objects, but none that can be imported."""
        return bool(self.dropped) and not (self.boxes or self.unlabelled)

    @property
    def has_lost_objects(self) -> bool:
        """Whether an object was dropped that nobody chose to ignore: it may have been a face."""
        return self.is_incomplete or any(
            each.problem is not ObjectProblem.WORD_IGNORED for each in self.dropped
        )

    @property
    def teaches_negatives(self) -> bool:
        """Whether a detection without a box may be taken for no face."""
        return self.label is None and self.all_faces_boxed and not self.has_lost_objects

    def to_json(self) -> dict[str, Any]:
        """As `JobPhoto.truth` stores it; only what differs from the defaults, and always label or boxes."""
        more: dict[str, Any] = {"split": self.split and self.split.value, "licence": self.licence}
        if self.label is not None:
            said: dict[str, Any] = {"label": self.label.value, "mask_kind": self.mask_kind}
            return said | {name: value for name, value in more.items() if value}
        more |= {
            "unlabelled": [_corners(box) for box in self.unlabelled],
            "dropped": _dropped_to_json(self.dropped),
            "frame": list(self.frame or ()),
            "all_faces_boxed": self.all_faces_boxed,
            "relative": self.is_relative,
            "incomplete": self.is_incomplete,
        }
        boxes = [[*_corners(each.box), each.label.value, each.mask_kind] for each in self.boxes]
        return {"boxes": boxes} | {name: value for name, value in more.items() if value}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """Read `JobPhoto.truth` of this or an older release."""
        split = Split(stored["split"]) if stored.get("split") else None
        licence = stored.get("licence")
        if "label" in stored:
            label, mask_kind = Label(stored["label"]), stored["mask_kind"]
            return cls(label=label, mask_kind=mask_kind, split=split, licence=licence)
        boxes = tuple(
            LabelledBox(box=_box(corners), label=Label(label), mask_kind=mask_kind)
            for *corners, label, mask_kind in stored["boxes"]
        )
        width_and_height = stored.get("frame")
        return cls(
            boxes=boxes,
            unlabelled=tuple(_box(corners) for corners in stored.get("unlabelled", ())),
            dropped=_read_dropped(stored.get("dropped", ())),
            frame=(width_and_height[0], width_and_height[1]) if width_and_height else None,
            all_faces_boxed=stored.get("all_faces_boxed", False),
            is_relative=stored.get("relative", False),
            is_incomplete=stored.get("incomplete", False),
            split=split,
            licence=licence,
        )


#: Key in `JobPhoto.truth` of all objects that the import of the photo left out, also tiny ones.
_LEFT_OUT = "left_out"


def with_left_out(stored: dict[str, Any], dropped: tuple[DroppedObject, ...]) -> dict[str, Any]:
    """`JobPhoto.truth` that also says what the import of the photo left out."""
    return stored | {_LEFT_OUT: _dropped_to_json(dropped)}


def read_left_out(stored: dict[str, Any] | None) -> tuple[DroppedObject, ...] | None:
    """What `with_left_out` wrote; None before."""
    return _read_dropped(stored[_LEFT_OUT]) if stored and _LEFT_OUT in stored else None


def _dropped_to_json(dropped: tuple[DroppedObject, ...]) -> list[list[Any]]:
    return [[each.word, each.problem.value, _corners(each.box) if each.box else None] for each in dropped]


def _read_dropped(stored: Sequence[Any]) -> tuple[DroppedObject, ...]:
    return tuple(
        DroppedObject(word=word, problem=ObjectProblem(problem), box=_box(corners) if corners else None)
        for word, problem, corners in stored
    )


def _corners(box: Box) -> list[float]:
    return [box.x1, box.y1, box.x2, box.y2]


def _box(corners: list[float]) -> Box:
    x1, y1, x2, y2 = corners
    return Box(x1=x1, y1=y1, x2=x2, y2=y2)


def name_dropped(dropped: tuple[DroppedObject, ...]) -> str:
    """The dropped objects in words: "2 with an unknown label ('scarf'), 1 with a tiny box ('mask')"."""
    counts = Counter((each.problem, each.word) for each in dropped)
    return ", ".join(
        f"{count} {PROBLEM_WORDS[problem]}" + (f" ({word!r})" if word else "")
        for (problem, word), count in sorted(counts.items())
    )


def label_objects(annotation: Annotation, read: ReadWord = read_word) -> Truth:
    """Read the words of an annotation as labels; an object that cannot be used costs only itself."""
    boxes, unlabelled, dropped = [], [], []
    for each in annotation.objects:
        meaning = None if each.problem else read(each.word)
        if each.problem is not None or each.box is None:
            problem = each.problem or ObjectProblem.BOX_MISSING
            dropped.append(DroppedObject(word=each.word, problem=problem, box=each.box))
        elif isinstance(meaning, LabelWord):
            boxes.append(LabelledBox(box=each.box, label=meaning.label, mask_kind=meaning.mask_kind))
        elif meaning is OtherWord.UNLABELLED:
            unlabelled.append(each.box)
        else:
            problem = ObjectProblem.WORD_IGNORED if meaning else ObjectProblem.WORD_UNKNOWN
            dropped.append(DroppedObject(word=each.word, problem=problem, box=each.box))
    return Truth(
        boxes=tuple(boxes),
        unlabelled=tuple(unlabelled),
        dropped=tuple(dropped),
        frame=annotation.frame,
        all_faces_boxed=annotation.all_faces_boxed,
        is_relative=annotation.is_relative,
    )
