"""The name of the class of faces without a label, and files of Pascal VOC."""

import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence

from core.library.credits import Credit

#: Class of a boxed face without a label; detectors are trained on it, classifiers are not.
UNLABELLED = "unlabelled"


#: Left, top, right and bottom in pixels.
Corners = tuple[float, float, float, float]


def voc_annotation(
    *,
    file_name: str,
    credit: Credit | None,
    size: tuple[int, int],
    all_boxed: bool,
    objects: Sequence[tuple[str, Corners]],
) -> bytes:
    """One Pascal VOC file; corners are whole pixels from 0, right and bottom exclusive, as in LabelImg.

    `all_boxed` says that what has no box is no face; the import reads it.
    """
    root = ElementTree.Element("annotation")
    _add(root, "folder", "JPEGImages")
    _add(root, "filename", file_name)
    _add(root, "path", credit.place_outside if credit else "")
    _add_owner(root, credit)
    sizes = ElementTree.SubElement(root, "size")
    for name, value in (("width", size[0]), ("height", size[1]), ("depth", 3)):
        _add(sizes, name, value)
    _add(root, "segmented", 0)
    _add(root, "all_faces_boxed", int(all_boxed))
    for name, corners in objects:
        _add_object(root, name, corners, size)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)


def _add_owner(root: ElementTree.Element, credit: Credit | None) -> None:
    """Add Pascal VOC's `source` and `owner` and two elements that readers ignore, if there is a credit."""
    if credit is None or not credit.attribution:
        return
    source = ElementTree.SubElement(root, "source")
    _add(source, "database", "Maskloop")
    _add(source, "image", credit.page_url or credit.place_outside)
    if credit.creator:
        _add(ElementTree.SubElement(root, "owner"), "name", credit.creator)
    if credit.licence:
        _add(root, "licence", credit.licence)
    _add(root, "attribution", credit.attribution)


def _add_object(root: ElementTree.Element, name: str, corners: Corners, size: tuple[int, int]) -> None:
    entry = ElementTree.SubElement(root, "object")
    _add(entry, "name", name)
    _add(entry, "pose", "Unspecified")
    x1, y1, x2, y2 = corners
    _add(entry, "truncated", int(x1 <= 0 or y1 <= 0 or x2 >= size[0] or y2 >= size[1]))
    _add(entry, "difficult", 0)
    box = ElementTree.SubElement(entry, "bndbox")
    for side, value in zip(("xmin", "ymin", "xmax", "ymax"), corners, strict=True):
        _add(box, side, round(value))


def _add(parent: ElementTree.Element, name: str, value: object) -> None:
    # File names may contain bytes that are invalid in XML; they are escaped as in reports.
    text = "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in str(value))
    ElementTree.SubElement(parent, name).text = text
