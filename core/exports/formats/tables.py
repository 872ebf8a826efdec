"""Text files: CSV, and that of WIDER FACE."""

from collections.abc import Iterator

from typing_extensions import override

from core.csv_text import csv_line
from core.exports.formats.base import PhotoFormat
from core.exports.formats.face_table import COLUMNS, FaceTable, face_rows
from core.exports.record import ExportedPhoto

#: The set has a folder for each event; readers expect one.
_EVENT = "0--Faces"
#: Splits as WIDER FACE names them.
_SPLITS = {"train": "train", "validation": "val", "test": "test"}


class Csv(FaceTable):
    """`faces.csv`: a row a face, and a row without a box for a photo without faces."""

    @override
    def add(self, photo: ExportedPhoto) -> None:
        rows = face_rows(photo, self.picture_path(photo))
        self.archive.write_line("rows-all", b"".join(map(csv_line, rows)))
        self.note_licence("licences-all", photo)

    @override
    def finish(self) -> None:
        self.write_table("faces.csv", "text/csv", self._file(csv_line(COLUMNS)), packed=True)

    def _file(self, header: bytes) -> Iterator[bytes]:
        yield header
        yield from self.archive.read_spool("rows-all")


class WiderFace(PhotoFormat):
    """WIDER FACE's text: the picture, the number of faces, then left, top, width, height and six zeros."""

    @override
    def picture_path(self, photo: ExportedPhoto) -> str:
        return f"WIDER_{_SPLITS[photo.split]}/images/{_EVENT}/{photo.file_name}"

    @override
    def add(self, photo: ExportedPhoto) -> None:
        boxes = [
            f"{round(face.x1)} {round(face.y1)} {round(face.width)} {round(face.height)} 0 0 0 0 0 0"
            for face in photo.faces
        ]
        # As the set itself has it: a picture without faces has one line of zeros.
        lines = [f"{_EVENT}/{photo.file_name}", str(len(boxes)), *(boxes or [" ".join("0" * 10)])]
        self.archive.write_line(f"text-{photo.split}", "".join(f"{line}\n" for line in lines).encode())

    @override
    def finish(self) -> None:
        for spool, split in self.spools("text"):
            name = f"wider_face_split/wider_face_{_SPLITS[split]}_bbx_gt.txt"
            self.archive.add_pieces(name, self.archive.read_spool(spool))
