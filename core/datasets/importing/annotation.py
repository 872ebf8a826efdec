"""Pascal VOC annotations as LabelImg writes them."""

import xml.etree.ElementTree as ElementTree

from core.datasets.importing.truth import LabelledBox, Truth
from core.detection.face import Box
from core.errors import InputError
from core.labels.label_words import read_label

#: Smaller boxes, in pixels a side, are slips of the mouse.
LEAST_SIDE = 4.0
SUFFIX = b".xml"
MOST_BYTES = 2**20


def parse_annotation(data: bytes) -> Truth:
    """The boxes of one annotation file; InputError bad_annotation says what of it is not understood."""
    try:
        # expat, which reads it, refuses entity bombs.
        objects = ElementTree.fromstring(data).iter("object")  # noqa: S314
        boxes = [_labelled(entry) for entry in objects]
    except (ElementTree.ParseError, ValueError) as error:
        raise InputError("bad_annotation", f"Its annotation is not understood: {error}.") from error
    return Truth(boxes=tuple(box for box in boxes if box is not None))


def _labelled(entry: ElementTree.Element) -> LabelledBox | None:
    """One object; None where its box is too small to be meant."""
    name = _text(entry, "name")
    word = read_label(name)
    if word is None:
        raise ValueError(f"{name!r} is no known label")
    x1, y1, x2, y2 = (float(_text(entry, f"bndbox/{side}")) for side in ("xmin", "ymin", "xmax", "ymax"))
    if x2 - x1 < LEAST_SIDE or y2 - y1 < LEAST_SIDE:
        return None
    return LabelledBox(box=Box(x1=x1, y1=y1, x2=x2, y2=y2), label=word.label, mask_kind=word.mask_kind)


def _text(entry: ElementTree.Element, path: str) -> str:
    text = entry.findtext(path)
    if text is None:
        raise ValueError(f"an object has no {path}")
    return text
