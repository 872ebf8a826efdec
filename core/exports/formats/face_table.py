"""One table of all faces, with a description in Croissant's vocabulary beside it."""

import hashlib
import json
from collections.abc import Iterable, Iterator

from typing_extensions import override

from core.exports.formats.base import PhotoFormat
from core.exports.formats.croissant import describe_table
from core.exports.record import ExportedPhoto
from core.library.credits import COLUMNS as CREDIT_COLUMNS
from core.library.credits import credit_values

_COLUMNS = (
    *("file", "width", "height", "x1", "y1", "x2", "y2", "label", "decided", "confidence", "score"),
    *("split", "all_faces_boxed", "photo_id", "face_id", "sha256"),
)
#: Of one row.
Values = tuple[str | float | None, ...]
#: Columns of `face_rows`.
COLUMNS = (*_COLUMNS, *CREDIT_COLUMNS[1:])


def face_rows(photo: ExportedPhoto, file: str) -> list[Values]:
    """A row a face, with 0 or 1 for no and yes; one without a box for a photo without faces."""
    start = (file, photo.width, photo.height)
    end = (photo.split, int(photo.all_boxed), photo.photo_id)
    credit = credit_values(photo.credit)
    rows: list[Values] = [
        (
            *start,
            *(round(corner, 2) for corner in (face.x1, face.y1, face.x2, face.y2)),
            face.class_name,
            int(face.decided),
            face.confidence,
            round(face.score, 4),
            *end,
            face.face_id,
            photo.sha256,
            *credit,
        )
        for face in photo.faces
    ]
    return rows or [(*start, *[None] * 8, *end, None, photo.sha256, *credit)]


_TYPES: dict[str, type] = {
    **dict.fromkeys(("x1", "y1", "x2", "y2", "confidence", "score"), float),
    **dict.fromkeys(("width", "height", "photo_id", "face_id"), int),
    **dict.fromkeys(("decided", "all_faces_boxed"), bool),
}


def column_type(name: str) -> type:
    """`float`, `int`, `bool` or `str`; every column but the file may be empty."""
    return _TYPES.get(name, str)


class FaceTable(PhotoFormat):
    """A table, the pictures in `images`, and `croissant.json`, which says what the columns are."""

    @override
    def picture_path(self, photo: ExportedPhoto) -> str:
        return f"images/{photo.file_name}"

    @override
    def add_picture(self, name: str, data: bytes, photo: ExportedPhoto) -> None:
        super().add_picture(name, data, photo)
        self.archive.write_line("pictured-all", b".")

    def write_table(self, name: str, media_type: str, pieces: Iterable[bytes], *, packed: bool) -> None:
        """Add the table, piece by piece, then its description with the table's SHA-256."""
        digest = hashlib.sha256()

        def hashed() -> Iterator[bytes]:
            for piece in pieces:
                digest.update(piece)
                yield piece

        self.archive.add_pieces(name, hashed(), packed=packed)
        described = describe_table(
            name=name,
            media_type=media_type,
            sha256=digest.hexdigest(),
            columns=[(column, column_type(column)) for column in COLUMNS],
            licences=[url or licence for licence, url in self.licences("licences-all")],
            with_pictures="pictured-all" in self.archive.spools(),
        )
        text = json.dumps(described, ensure_ascii=False, indent=1)
        self.archive.add("croissant.json", text.encode())
