"""Read Pascal VOC annotations as written by LabelImg and CVAT."""

import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass

from core.detection.face import Box
from core.errors import InputError
from core.labels.label_words import read_label
from models import Label


@dataclass(frozen=True, kw_only=True)
class LabelledBox:
    """A labelled box of a data set, in pixels of the upright photo."""

    box: Box
    label: Label
    mask_kind: str | None = None


def read_voc(data: bytes, *, name: str = "Its annotation") -> list[LabelledBox]:
    """The boxes of one annotation file, in file order.

    Raises InputError bad_annotation for invalid XML, an object without a name or a box, and an unknown
    label; `name` is the file's name in the message.
    """
    try:
        # The parser, expat, rejects entity expansion attacks.
        objects = ElementTree.fromstring(data).iter("object")  # noqa: S314
        return [_labelled_box(entry) for entry in objects]
    except (ElementTree.ParseError, ValueError) as error:
        raise InputError("bad_annotation", f"{name} is not valid: {error}.") from error


def _labelled_box(entry: ElementTree.Element) -> LabelledBox:
    name = _text(entry, "name")
    word = read_label(name)
    if word is None:
        raise ValueError(f"{name!r} is not a known label")
    x1, y1, x2, y2 = (float(_text(entry, f"bndbox/{side}")) for side in ("xmin", "ymin", "xmax", "ymax"))
    return LabelledBox(box=Box(x1=x1, y1=y1, x2=x2, y2=y2), label=word.label, mask_kind=word.mask_kind)


def _text(entry: ElementTree.Element, path: str) -> str:
    text = entry.findtext(path)
    if text is None:
        raise ValueError(f"an object has no {path}")
    return text
