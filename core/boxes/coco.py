"""COCO: one JSON file of all photos, written as it is read so that its size does not matter."""

import json
from collections.abc import Iterator
from tempfile import TemporaryFile
from typing import Any, Self

from core.boxes.exported import CLASSES, ExportedPhoto, class_of
from core.boxes.face import PhotoFace
from core.library.credits.attribution import Credit

_CHUNK = 1 << 16


class CocoWriter:
    """Takes photos one by one; their annotations wait in a temporary file until the photos are through."""

    def __init__(self) -> None:
        self._annotations = TemporaryFile("w+b")  # noqa: SIM115
        self._photos = TemporaryFile("w+b")  # noqa: SIM115
        self._faces = 0
        #: Numbers of licences, by name and address.
        self._licences: dict[tuple[str, str], int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._annotations.close()
        self._photos.close()

    def add(self, exported: ExportedPhoto) -> None:
        """Note a photo and its faces."""
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
        """Whom to name, in COCO's own field and four more; only what is told."""
        if credit is None:
            return {}
        told: dict[str, Any] = {
            "page": credit.page_url,
            "title": credit.title,
            "creator": credit.creator,
            "attribution": credit.attribution,
        }
        if credit.licence:
            licence = (credit.licence, credit.licence_url or "")
            told["license"] = self._licences.setdefault(licence, len(self._licences) + 1)
        return {name: value for name, value in told.items() if value}

    def chunks(self) -> Iterator[bytes]:
        """The whole file; nothing is added after it."""
        categories = [
            {"id": number, "name": name, "supercategory": "face"}
            for number, name in enumerate(CLASSES, start=1)
        ]
        licences = [
            {"id": number, "name": name, "url": address} for (name, address), number in self._licences.items()
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
    """Exact corners; `bbox` is left, top, width, height."""
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
