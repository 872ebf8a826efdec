"""The labels of one photo of a labelled set, from its annotation or from the name of its folder."""

from dataclasses import dataclass, replace
from typing import Any, Self

from core.datasets.importing.annotations import ReadAnnotation, annotation_paths
from core.detection.face import Box
from core.errors import InputError
from core.labels.label_words import read_label, says_no_face
from core.labels.voc import LabelledBox, read_voc
from core.predict.listing.photos import ListedPhoto
from models import Label

#: Boxes with a shorter side, in pixels, are taken for accidental clicks.
SHORTEST_SIDE = 4.0
LABEL_UNKNOWN = "label_unknown"
_UNKNOWN = "The photo has no annotation, and none of its folders is named after a label."


@dataclass(frozen=True, kw_only=True)
class Truth:
    """The label of the photo's only face, or the boxes of all its faces; no boxes means no face."""

    label: Label | None = None
    mask_kind: str | None = None
    boxes: tuple[LabelledBox, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As `JobPhoto.truth` stores it."""
        if self.label is not None:
            return {"label": self.label.value, "mask_kind": self.mask_kind}
        return {
            "boxes": [[*vars(each.box).values(), each.label.value, each.mask_kind] for each in self.boxes]
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """Read `JobPhoto.truth`."""
        if "label" in stored:
            return cls(label=Label(stored["label"]), mask_kind=stored["mask_kind"])
        boxes = tuple(
            LabelledBox(box=Box(x1=x1, y1=y1, x2=x2, y2=y2), label=Label(label), mask_kind=mask_kind)
            for x1, y1, x2, y2, label, mask_kind in stored["boxes"]
        )
        return cls(boxes=boxes)


def label_listed(listed: ListedPhoto, annotations: ReadAnnotation, *, root_name: str) -> ListedPhoto:
    """The listed photo with its truth, or with the error label_unknown or bad_annotation."""
    if listed.error_code is not None:
        return listed
    try:
        truth = _find_truth(listed.locator, annotations, root_name)
    except InputError as error:
        return replace(listed, error_code=error.code, error_message=error.message)
    if truth is None:
        return replace(listed, error_code=LABEL_UNKNOWN, error_message=_UNKNOWN)
    return replace(listed, truth=truth.to_json())


def _find_truth(locator: bytes, annotations: ReadAnnotation, root_name: str) -> Truth | None:
    """From the annotation, else from the name of a folder, which tells less."""
    for path in annotation_paths(locator):
        data = annotations(path)
        if data is not None:
            return parse_annotation(data)
    return folder_truth(locator, root_name)


def parse_annotation(data: bytes) -> Truth:
    """The boxes of one Pascal VOC file without accidental clicks; InputError bad_annotation."""
    return Truth(boxes=tuple(each for each in read_voc(data) if not _is_tiny(each.box)))


def _is_tiny(box: Box) -> bool:
    return box.x2 - box.x1 < SHORTEST_SIDE or box.y2 - box.y1 < SHORTEST_SIDE


def folder_truth(photo: bytes, root_name: str) -> Truth | None:
    """The label of the innermost folder that is named after one; None without such a folder."""
    folders = [part.decode("utf-8", "replace") for part in photo.split(b"/")[:-1]]
    for folder in [*reversed(folders), root_name]:
        word = read_label(folder)
        if word is not None:
            return Truth(label=word.label, mask_kind=word.mask_kind)
        if says_no_face(folder):
            return Truth()
    return None
