"""Plain tables: CSV, WIDER FACE's text, Hugging Face's ImageFolder."""

from collections.abc import Iterator

from typing_extensions import override

from core.csv_text import csv_line
from core.exports.formats.base import Format
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


class Csv(Format):
    """`faces.csv`: a row a face, and a row without a box for a photo without faces."""

    @override
    def picture_path(self, photo: ExportedPhoto) -> str:
        return f"images/{photo.file_name}"

    @override
    def add(self, photo: ExportedPhoto) -> None:
        self.archive.write_line(
            "rows-all", b"".join(csv_line(row) for row in face_rows(photo, self.picture_path(photo)))
        )

    @override
    def finish(self) -> None:
        self.archive.add_pieces("faces.csv", self._file(csv_line(COLUMNS)))

    def _file(self, header: bytes) -> Iterator[bytes]:
        yield header
        yield from self.archive.read_spool("rows-all")


class WiderFace(Format):
    """WIDER FACE's text: the picture, the number of faces, then left, top, width, height and six zeros."""

    @override
    def picture_path(self, photo: ExportedPhoto) -> str:
        return f"WIDER_{photo.split}/images/{photo.file_name}"

    @override
    def add(self, photo: ExportedPhoto) -> None:
        boxes = [
            f"{round(face.x1)} {round(face.y1)} {round(face.width)} {round(face.height)} 0 0 0 0 0 0"
            for face in photo.faces
        ]
        # As the set itself has it: a picture without faces has one line of zeros.
        lines = [photo.file_name, str(len(boxes)), *(boxes or [" ".join("0" * 10)])]
        self.archive.write_line(f"text-{photo.split}", "".join(f"{line}\n" for line in lines).encode())

    @override
    def finish(self) -> None:
        for spool, split in self.spools("text"):
            name = f"wider_face_split/wider_face_{split}_bbx_gt.txt"
            self.archive.add_pieces(name, self.archive.read_spool(spool))


class ImageFolder(Format):
    """`SPLIT/metadata.jsonl` beside the pictures, as `datasets.load_dataset("imagefolder")` reads it."""

    @override
    def picture_path(self, photo: ExportedPhoto) -> str:
        return f"{photo.split}/{photo.file_name}"

    @override
    def add(self, photo: ExportedPhoto) -> None:
        row = {
            "file_name": photo.file_name,
            "image_id": photo.photo_id,
            "width": photo.width,
            "height": photo.height,
            "all_faces_boxed": photo.all_boxed,
            "objects": {
                "id": [face.face_id for face in photo.faces],
                "bbox": [
                    [round(value, 2) for value in (face.x1, face.y1, face.width, face.height)]
                    for face in photo.faces
                ],
                "categories": [face.class_name for face in photo.faces],
                "decided": [face.decided for face in photo.faces],
            },
            "licence": (photo.credit.licence or "") if photo.credit else "",
            "attribution": photo.credit.attribution if photo.credit else "",
        }
        self.write_json(f"rows-{photo.split}", row)

    @override
    def finish(self) -> None:
        for spool, split in self.spools("rows"):
            self.archive.add_pieces(f"{split}/metadata.jsonl", self.archive.read_spool(spool))
