"""Write annotations of boxed photos as Pascal VOC and COCO."""

import json
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import Any, Self

from core.boxes.face import PhotoFace
from core.library.credits import Credit
from core.library.pictures.anonymise import Cover
from core.library.pictures.leaving import AS_STORED, LeavingPictures
from models import Label, Photo

#: Class of a boxed face without a label; detectors are trained on it, classifiers are not.
UNLABELLED = "unlabelled"
#: Ordered by their ids in COCO files, which start at 1.
CLASSES = (Label.WITH_MASK.value, Label.WITHOUT_MASK.value, Label.INCORRECT.value, UNLABELLED)


@dataclass(frozen=True, kw_only=True)
class ExportedPhoto:
    """One photo with the faces that count."""

    photo: Photo
    #: Source and owner; None if unknown.
    credit: Credit | None
    faces: tuple[PhotoFace, ...]
    #: How its file leaves.
    pictures: LeavingPictures = AS_STORED
    covers: tuple[Cover, ...] = ()

    @property
    def source(self) -> str:
        """Path, upload name or URL."""
        return self.credit.place if self.credit else ""

    @property
    def file_name(self) -> str:
        """Unique file name, by the hash of the photo."""
        return f"{self.photo.sha256}.{self.pictures.ending(self.photo.format)}"


def class_of(face: PhotoFace) -> str:
    """The decided label, else `unlabelled`; predictions are not exported."""
    return UNLABELLED if face.label is None else face.label.value


def voc_xml(exported: ExportedPhoto) -> bytes:
    """The annotation file of a photo that a person has marked as boxed."""
    photo = exported.photo
    return voc_annotation(
        file_name=exported.file_name,
        credit=exported.credit,
        size=(photo.width, photo.height),
        all_boxed=True,
        objects=[(class_of(face), (face.x1, face.y1, face.x2, face.y2)) for face in exported.faces],
    )


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
    _add(root, "path", credit.place if credit else "")
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
    _add(source, "image", credit.page_url or credit.place)
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


_CHUNK = 1 << 16


class CocoWriter:
    """Writes a COCO file photo by photo; images and annotations are buffered in temporary files."""

    def __init__(self) -> None:
        self._annotations = TemporaryFile("w+b")  # noqa: SIM115
        self._photos = TemporaryFile("w+b")  # noqa: SIM115
        self._faces = 0
        #: Licence ids by name and URL.
        self._licences: dict[tuple[str, str], int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._annotations.close()
        self._photos.close()

    def add(self, exported: ExportedPhoto) -> None:
        """Add a photo and its faces."""
        photo = exported.photo
        image = {
            "id": photo.id,
            "file_name": exported.file_name,
            "width": photo.width,
            "height": photo.height,
            "source": exported.source,
            **self._owner(exported.credit),
        }
        self._photos.write(_line(image, first=self._photos.tell() == 0))
        for face in exported.faces:
            self._annotations.write(_line(_annotation(face), first=self._faces == 0))
            self._faces += 1

    def _owner(self, credit: Credit | None) -> dict[str, Any]:
        """Known fields about the owner: COCO's `license`, and four of our own."""
        if credit is None:
            return {}
        fields: dict[str, Any] = {
            "page": credit.page_url,
            "title": credit.title,
            "creator": credit.creator,
            "attribution": credit.attribution,
        }
        if credit.licence:
            licence = (credit.licence, credit.licence_url or "")
            fields["license"] = self._licences.setdefault(licence, len(self._licences) + 1)
        return {name: value for name, value in fields.items() if value}

    def chunks(self) -> Iterator[bytes]:
        """The whole file, piece by piece; call it after the last `add`."""
        categories = [
            {"id": number, "name": name, "supercategory": "face"}
            for number, name in enumerate(CLASSES, start=1)
        ]
        licences = [
            {"id": number, "name": name, "url": url} for (name, url), number in self._licences.items()
        ]
        yield b'{"info": {"description": "Photos with all faces boxed"},\n"licenses": '
        yield json.dumps(licences).encode()
        yield b',\n"categories": '
        yield json.dumps(categories).encode()
        for name, file in ((b"images", self._photos), (b"annotations", self._annotations)):
            yield b',\n"%s": [\n' % name
            file.seek(0)
            while chunk := file.read(_CHUNK):
                yield chunk
            yield b"]"
        yield b"}\n"


def _annotation(face: PhotoFace) -> dict[str, Any]:
    """One COCO annotation; `bbox` is left, top, width, height."""
    width, height = face.x2 - face.x1, face.y2 - face.y1
    return {
        "id": face.face_id,
        "image_id": face.photo_id,
        "category_id": CLASSES.index(class_of(face)) + 1,
        "bbox": [round(value, 2) for value in (face.x1, face.y1, width, height)],
        "area": round(width * height, 2),
        "iscrowd": 0,
    }


def _line(value: dict[str, Any], *, first: bool) -> bytes:
    return (b"" if first else b",\n") + json.dumps(value).encode()
