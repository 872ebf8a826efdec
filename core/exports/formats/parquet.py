"""Parquet: `faces.parquet`, the rows of the CSV file as typed columns, and the metadata of ImageFolder.

Rows wait in a spool, since a Parquet file cannot be continued after a kill. PyArrow, which takes a hundred
milliseconds to import, is imported by these formats alone.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from typing_extensions import override

from core.exports.formats.base import PhotoFormat
from core.exports.formats.face_table import COLUMNS, FaceTable, column_type, face_rows
from core.exports.record import ExportedPhoto
from core.results.reports.report_file import write_error

_ROWS = "rows-all"
#: Rows of a row group, which memory holds as columns, and rows that it holds as Python objects meanwhile,
#: which take ten times as much.
_GROUP, _ROWS_AT_ONCE = 10_000, 500
_CHUNK = 1 << 20


class Parquet(FaceTable):
    """`faces.parquet` and `images`."""

    @override
    def add(self, photo: ExportedPhoto) -> None:
        for row in face_rows(photo, self.picture_path(photo)):
            self.write_json(_ROWS, row)
        self.note_licence("licences-all", photo)

    @override
    def finish(self) -> None:
        import pyarrow as arrow

        types = {float: arrow.float64(), int: arrow.int64(), bool: arrow.bool_(), str: arrow.string()}
        schema = arrow.schema([(name, types[column_type(name)]) for name in COLUMNS])
        rows = (_with_flags(dict(zip(COLUMNS, row, strict=True))) for row in self.values(_ROWS))
        pieces = _parquet_pieces(self.archive.folder, schema, rows)
        self.write_table("faces.parquet", "application/x-parquet", pieces, packed=False)


def _with_flags(row: dict[str, Any]) -> dict[str, Any]:
    """Arrow takes no number for a flag."""
    flags = {name: bool(row[name]) for name in row if column_type(name) is bool and row[name] is not None}
    return row | flags


class ImageFolder(PhotoFormat):
    """`SPLIT/metadata.parquet` beside the pictures, as `datasets.load_dataset("imagefolder")` reads it.

    Types stand in the file: of JSON lines, the library takes no set in which one split has no face.
    """

    @override
    def picture_path(self, photo: ExportedPhoto) -> str:
        return f"{photo.split}/{photo.file_name}"

    @override
    def add(self, photo: ExportedPhoto) -> None:
        faces = photo.faces
        row = {
            "file_name": photo.file_name,
            "image_id": photo.photo_id,
            "width": photo.width,
            "height": photo.height,
            "all_faces_boxed": photo.all_boxed,
            "objects": {
                "id": [face.face_id for face in faces],
                "bbox": [
                    [round(value, 2) for value in (face.x1, face.y1, face.width, face.height)]
                    for face in faces
                ],
                "categories": [face.class_name for face in faces],
                "decided": [face.decided for face in faces],
            },
            "licence": (photo.credit.licence or "") if photo.credit else "",
            "attribution": photo.credit.attribution if photo.credit else "",
        }
        self.write_json(f"rows-{photo.split}", row)

    @override
    def finish(self) -> None:
        for spool, split in self.spools("rows"):
            pieces = _parquet_pieces(self.archive.folder, _image_folder_schema(), self.values(spool))
            self.archive.add_pieces(f"{split}/metadata.parquet", pieces, packed=False)


def _image_folder_schema() -> Any:
    import pyarrow as arrow

    whole, text, flag = arrow.int64(), arrow.string(), arrow.bool_()
    lists = {"id": whole, "bbox": arrow.list_(arrow.float64()), "categories": text, "decided": flag}
    objects = arrow.struct([(name, arrow.list_(kind)) for name, kind in lists.items()])
    return arrow.schema(
        [
            ("file_name", text),
            ("image_id", whole),
            ("width", whole),
            ("height", whole),
            ("all_faces_boxed", flag),
            ("objects", objects),
            ("licence", text),
            ("attribution", text),
        ]
    )


def _parquet_pieces(folder: Path, schema: Any, rows: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """A Parquet file of the rows, which is written beside the zip, then read piece by piece."""
    import pyarrow as arrow
    from pyarrow import parquet

    left = iter(rows)
    try:
        with TemporaryFile(dir=folder) as file:
            with parquet.ParquetWriter(file, schema) as writer:
                while batches := list(islice(_batches(left, schema), _GROUP // _ROWS_AT_ONCE)):
                    writer.write_table(arrow.Table.from_batches(batches))
            file.seek(0)
            while piece := file.read(_CHUNK):
                yield piece
    except OSError as error:
        raise write_error(error, folder) from error


def _batches(rows: Iterator[dict[str, Any]], schema: Any) -> Iterator[Any]:
    import pyarrow as arrow

    while some := list(islice(rows, _ROWS_AT_ONCE)):
        yield arrow.RecordBatch.from_pylist(some, schema=schema)
