"""Pascal VOC: one XML file a photo, as LabelImg writes and most tools read them."""

import xml.etree.ElementTree as ElementTree

from core.boxes.exported import ExportedPhoto, class_of
from core.boxes.face import PhotoFace
from core.library.credits.attribution import Credit


def voc_xml(exported: ExportedPhoto) -> bytes:
    """Corners are whole pixels counted from 0, right and bottom exclusive, as LabelImg has them."""
    photo = exported.photo
    root = ElementTree.Element("annotation")
    _add(root, "folder", "JPEGImages")
    _add(root, "filename", exported.file_name)
    _add(root, "path", exported.source)
    _add_owner(root, exported.credit)
    size = ElementTree.SubElement(root, "size")
    for name, value in (("width", photo.width), ("height", photo.height), ("depth", 3)):
        _add(size, name, value)
    _add(root, "segmented", 0)
    for face in exported.faces:
        _add_object(root, face, photo.width, photo.height)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)


def _add_owner(root: ElementTree.Element, credit: Credit | None) -> None:
    """Pascal's own elements, and two more that readers pass over; nothing where nobody is to be named."""
    if credit is None or not credit.attribution:
        return
    source = ElementTree.SubElement(root, "source")
    _add(source, "database", "Maskloop")
    _add(source, "image", credit.page_url or credit.place)
    if credit.creator:
        _add(ElementTree.SubElement(root, "owner"), "name", credit.creator)
    if credit.licence:
        _add(root, "licence", credit.licence)
    _add(root, "attribution", credit.attribution)


def _add_object(root: ElementTree.Element, face: PhotoFace, width: int, height: int) -> None:
    entry = ElementTree.SubElement(root, "object")
    _add(entry, "name", class_of(face))
    _add(entry, "pose", "Unspecified")
    cut = face.x1 <= 0 or face.y1 <= 0 or face.x2 >= width or face.y2 >= height
    _add(entry, "truncated", int(cut))
    _add(entry, "difficult", 0)
    box = ElementTree.SubElement(entry, "bndbox")
    for name, value in (("xmin", face.x1), ("ymin", face.y1), ("xmax", face.x2), ("ymax", face.y2)):
        _add(box, name, round(value))


def _add(parent: ElementTree.Element, name: str, value: object) -> None:
    # Names of files may hold bytes that XML cannot: they are shown as reports show them.
    text = "".join(sign if sign.isprintable() else f"\\x{ord(sign):02x}" for sign in str(value))
    ElementTree.SubElement(parent, name).text = text
