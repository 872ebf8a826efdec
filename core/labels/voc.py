"""Read Pascal VOC annotations as written by LabelImg and CVAT."""

import xml.etree.ElementTree as ElementTree

from core.errors import InputError
from core.labels.annotation import AnnotatedObject, Annotation, annotated_object

_SIDES = ("xmin", "ymin", "xmax", "ymax")


def read_voc(data: bytes, *, name: str = "Its annotation") -> Annotation:
    """What one annotation file says; an object that cannot be used has its problem.

    Raises InputError bad_annotation for invalid XML; `name` is the file's name in the message.
    """
    try:
        # The parser, expat, rejects entity expansion attacks.
        root = ElementTree.fromstring(data)  # noqa: S314
    except (ElementTree.ParseError, ValueError) as error:
        raise InputError("bad_annotation", f"{name} is not valid: {error}.") from error
    width, height = (_pixels(root.findtext(f"size/{side}")) for side in ("width", "height"))
    return Annotation(
        width=width if height else None,
        height=height if width else None,
        objects=tuple(_object(entry) for entry in root.iter("object")),
        all_faces_boxed=(root.findtext("all_faces_boxed") or "").strip() == "1",
    )


def _object(entry: ElementTree.Element) -> AnnotatedObject:
    corners = [_number(entry.findtext(f"bndbox/{side}")) for side in _SIDES]
    return annotated_object(entry.findtext("name"), corners)


def _pixels(text: str | None) -> int | None:
    """A side of the picture; None where it is missing or 0, as tools write that do not know it."""
    number = _number(text)
    return round(number) if number is not None and 1 <= number < 1e6 else None


def _number(text: str | None) -> float | None:
    try:
        return float(text or "")
    except ValueError:
        return None
