"""COCO: one JSON file a split, with licences and the owners of the photos."""

import json
import zlib
from collections.abc import Iterator
from typing import Any

from typing_extensions import override

from core.exports.formats.base import PhotoFormat
from core.exports.record import CLASSES, ExportedFace, ExportedPhoto


class Coco(PhotoFormat):
    """`images/SPLIT` and `annotations/instances_SPLIT.json`; ids are those of Maskloop."""

    @override
    def picture_path(self, photo: ExportedPhoto) -> str:
        return f"images/{photo.split}/{photo.file_name}"

    @override
    def add(self, photo: ExportedPhoto) -> None:
        self.write_json(f"images-{photo.split}", _image(photo))
        for face in photo.faces:
            self.write_json(f"annotations-{photo.split}", _annotation(photo.photo_id, face))
        self.note_licence(f"licences-{photo.split}", photo)

    @override
    def finish(self) -> None:
        for _, split in self.spools("images"):
            self.archive.add_pieces(f"annotations/instances_{split}.json", self._file(split))

    def _file(self, split: str) -> Iterator[bytes]:
        yield b'{"info": {"description": "Faces, exported by Maskloop"},\n"licenses": '
        yield json.dumps(list(self._licences(split)), ensure_ascii=False).encode()
        yield b',\n"categories": '
        yield json.dumps(
            [
                {"id": number, "name": name, "supercategory": "face"}
                for number, name in enumerate(CLASSES, start=1)
            ]
        ).encode()
        for name in ("images", "annotations"):
            yield f',\n"{name}": '.encode()
            yield from self.json_array(f"{name}-{split}")
        yield b"}\n"

    def _licences(self, split: str) -> Iterator[dict[str, Any]]:
        """Each licence once; a picture names it by the number that follows from its name and address."""
        for name, url in self.licences(f"licences-{split}"):
            yield {"id": licence_id(name, url), "name": name, "url": url}


def licence_id(name: str, url: str) -> int:
    """A number for a licence that needs no memory of the others."""
    return zlib.crc32(f"{name}\n{url}".encode()) & 0x7FFFFFFF


def _image(photo: ExportedPhoto) -> dict[str, Any]:
    """One COCO image; `license` as COCO has it, and fields of our own for the owner."""
    image: dict[str, Any] = {
        "id": photo.photo_id,
        "file_name": photo.file_name,
        "width": photo.width,
        "height": photo.height,
        "all_faces_boxed": photo.all_boxed,
    }
    credit = photo.credit
    if credit is None:
        return image
    if credit.licence:
        image["license"] = licence_id(credit.licence, credit.licence_url or "")
    own = {
        "source": credit.place_outside,
        "page": credit.page_url,
        "title": credit.title,
        "creator": credit.creator,
        "attribution": credit.attribution,
    }
    return image | {name: value for name, value in own.items() if value}


def _annotation(photo_id: int, face: ExportedFace) -> dict[str, Any]:
    """One COCO annotation; `bbox` is left, top, width, height. `decided` and `score` are our own."""
    return {
        "id": face.face_id,
        "image_id": photo_id,
        "category_id": face.class_index + 1,
        "bbox": [round(value, 2) for value in (face.x1, face.y1, face.width, face.height)],
        "area": round(face.width * face.height, 2),
        "iscrowd": 0,
        "segmentation": [],
        "decided": face.decided,
        "score": round(face.score, 4),
    }
