"""`faces.parquet`: the rows of the CSV file as typed columns."""

import json
from collections.abc import Iterator
from tempfile import TemporaryFile
from typing import Any

from typing_extensions import override

from core.exports.formats.base import Format
from core.exports.formats.tables import COLUMNS, face_rows
from core.exports.record import ExportedPhoto

_ROWS = "rows-all"
#: Rows of a row group, which memory holds.
_GROUP = 10_000
_CHUNK = 1 << 20
_REALS = frozenset(("x1", "y1", "x2", "y2", "confidence", "score"))
_WHOLE = frozenset(("width", "height", "photo_id", "face_id"))
_FLAGS = frozenset(("decided", "all_faces_boxed"))


class Parquet(Format):
    """The rows wait in a spool, since a Parquet file cannot be continued after a kill."""

    @override
    def picture_path(self, photo: ExportedPhoto) -> str:
        return f"images/{photo.file_name}"

    @override
    def add(self, photo: ExportedPhoto) -> None:
        for row in face_rows(photo, self.picture_path(photo)):
            self.write_json(_ROWS, row)

    @override
    def finish(self) -> None:
        # Of a hundred milliseconds to import, which only this format needs.
        import pyarrow as arrow
        from pyarrow import parquet

        schema = arrow.schema([(name, _type_of(name, arrow)) for name in COLUMNS])
        with TemporaryFile(dir=self.archive.folder) as file:
            with parquet.ParquetWriter(file, schema) as writer:
                for rows in self._groups():
                    columns = [list(values) for values in zip(*rows, strict=True)]
                    arrays = [
                        arrow.array(values, _type_of(name, arrow), from_pandas=False)
                        for name, values in zip(COLUMNS, columns, strict=True)
                    ]
                    writer.write_table(arrow.Table.from_arrays(arrays, schema=schema))
            file.seek(0)
            self.archive.add_pieces("faces.parquet", iter(lambda: file.read(_CHUNK), b""), packed=False)

    def _groups(self) -> Iterator[list[list[Any]]]:
        rows: list[list[Any]] = []
        rest = b""
        for piece in self.archive.read_spool(_ROWS):
            *lines, rest = (rest + piece).split(b"\n")
            for line in lines:
                rows.append(_with_flags(json.loads(line)))
                if len(rows) == _GROUP:
                    yield rows
                    rows = []
        if rows:
            yield rows


def _with_flags(row: list[Any]) -> list[Any]:
    """Arrow takes no number for a flag."""
    return [
        bool(value) if name in _FLAGS and value is not None else value
        for name, value in zip(COLUMNS, row, strict=True)
    ]


def _type_of(name: str, arrow: Any) -> Any:
    if name in _REALS:
        return arrow.float64()
    if name in _FLAGS:
        return arrow.bool_()
    return arrow.int64() if name in _WHOLE else arrow.string()
