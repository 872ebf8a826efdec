"""Pascal VOC: one XML file a photo, and lists of the splits."""

import xml.etree.ElementTree as ElementTree

from typing_extensions import override

from core.exports.formats.base import Format
from core.exports.record import ExportedFace, ExportedPhoto
from core.library.credits import Credit

_SPLITS = {"train": "train", "validation": "val", "test": "test"}


class PascalVoc(Format):
    """`JPEGImages`, `Annotations` and `ImageSets/Main/SPLIT.txt`."""

    @override
    def picture_path(self, photo: ExportedPhoto) -> str:
        return f"JPEGImages/{photo.file_name}"

    @override
    def add(self, photo: ExportedPhoto) -> None:
        self.archive.add(f"Annotations/{photo.stem}.xml", voc_xml(photo))
        self.archive.write_line(f"set-{photo.split}", f"{photo.stem}\n".encode())

    @override
    def finish(self) -> None:
        for spool, split in self.spools("set"):
            self.archive.add_pieces(f"ImageSets/Main/{_SPLITS[split]}.txt", self.archive.read_spool(spool))


def voc_xml(photo: ExportedPhoto) -> bytes:
    """One annotation file; corners are whole pixels from 0, right and bottom exclusive, as in LabelImg."""
    root = ElementTree.Element("annotation")
    _add(root, "folder", "JPEGImages")
    _add(root, "filename", photo.file_name)
    _add(root, "path", photo.credit.place if photo.credit else "")
    _add_owner(root, photo.credit)
    size = ElementTree.SubElement(root, "size")
    for name, value in (("width", photo.width), ("height", photo.height), ("depth", 3)):
        _add(size, name, value)
    _add(root, "segmented", 0)
    # Read by the import, which takes unboxed places of such photos as no faces.
    _add(root, "all_faces_boxed", int(photo.all_boxed))
    for face in photo.faces:
        _add_object(root, face, photo.width, photo.height)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)


def _add_owner(root: ElementTree.Element, credit: Credit | None) -> None:
    """Add Pascal VOC's `source` and `owner` and two elements that readers ignore, if there is a credit."""
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


def _add_object(root: ElementTree.Element, face: ExportedFace, width: int, height: int) -> None:
    entry = ElementTree.SubElement(root, "object")
    _add(entry, "name", face.class_name)
    _add(entry, "pose", "Unspecified")
    cut = face.x1 <= 0 or face.y1 <= 0 or face.x2 >= width or face.y2 >= height
    _add(entry, "truncated", int(cut))
    _add(entry, "difficult", 0)
    box = ElementTree.SubElement(entry, "bndbox")
    for name, value in (("xmin", face.x1), ("ymin", face.y1), ("xmax", face.x2), ("ymax", face.y2)):
        _add(box, name, round(value))


def _add(parent: ElementTree.Element, name: str, value: object) -> None:
    # File names may contain bytes that are invalid in XML; they are escaped as in reports.
    text = "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in str(value))
    ElementTree.SubElement(parent, name).text = text
