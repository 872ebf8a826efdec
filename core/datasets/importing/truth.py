"""What a labelled set says of one photo."""

from dataclasses import dataclass
from typing import Any, Self

from core.detection.face import Box
from models import Label


@dataclass(frozen=True, kw_only=True)
class LabelledBox:
    """A box that the set drew, in pixels of the upright photo."""

    box: Box
    label: Label
    mask_kind: str | None = None


@dataclass(frozen=True, kw_only=True)
class Truth:
    """A label of the photo's one face, or the boxes of all its faces; no box means no face."""

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
