"""Read Pascal VOC annotations as written by LabelImg and CVAT."""

from xml.etree.ElementTree import Element, ParseError

from core.errors import InputError
from core.labels.annotation import AnnotatedObject, Annotation, annotated_object
from core.labels.lenient_xml import parse_xml

_SIDES = ("xmin", "ymin", "xmax", "ymax")


def read_voc(data: bytes, *, name: str = "Its annotation") -> Annotation:
    """What one annotation file says; an object that cannot be used has its problem.

    Raises InputError bad_annotation for what is not XML, or is XML of another kind; `name` is the file's name
    in the message.
    """
    try:
        root = parse_xml(data)
    except (ParseError, ValueError) as error:
        raise InputError("bad_annotation", f"{name} is not valid: {error}.") from error
    if root.tag.lower() != "annotation" and root.find(".//object") is None:
        raise InputError(
            "bad_annotation", f"{name} is not a Pascal VOC file: it begins with <{root.tag[:40]}>."
        )
    width, height = (_pixels(root.findtext(f"size/{side}")) for side in ("width", "height"))
    return Annotation(
        width=width if height else None,
        height=height if width else None,
        objects=tuple(_object(entry) for entry in root.iter("object")),
        all_faces_boxed=(root.findtext("all_faces_boxed") or "").strip() == "1",
    )


def _object(entry: Element) -> AnnotatedObject:
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
