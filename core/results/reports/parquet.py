"""Write faces.parquet and photos.parquet: typed columns, with the job in the file's metadata."""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from core.labels.shown_label import ShownLabel
from core.results.reports.csv_files import NAME_COLUMN, PREDICTED_COLUMNS, photo_counts
from core.results.reports.json_lines import job_line
from core.results.reports.report_file import FormatWriter, Output
from core.results.reports.rows import FaceRow, PhotoRow
from models.label import Label

#: Rows per row group, which are held in memory.
GROUP_ROWS = 32_768

_CATEGORY = pa.dictionary(pa.int32(), pa.string())
_ORIGIN = (
    pa.field("source", pa.string()),
    pa.field("licence", _CATEGORY),
    pa.field("attribution", pa.string()),
)

FACES_SCHEMA = pa.schema(
    [
        pa.field("photo", pa.string(), nullable=False),
        *(pa.field(name, pa.float32(), nullable=False) for name in ("x1", "y1", "x2", "y2")),
        pa.field("label", _CATEGORY, nullable=False),
        pa.field("score", pa.float64()),
        *(pa.field(label.value, pa.float64()) for label in Label),
        pa.field("face_id", pa.int64(), nullable=False),
        pa.field("detector_score", pa.float64()),
        pa.field("sha256", pa.string()),
        pa.field("position", pa.int32(), nullable=False),
        pa.field("classifier_version", _CATEGORY),
        *_ORIGIN,
        pa.field("box", _CATEGORY, nullable=False),
        pa.field("rank_score", pa.float64()),
        *(pa.field(name, _CATEGORY) for name in ("predicted_label", "decided_label", "final_label")),
        pa.field("decided_at", pa.timestamp("us", tz="UTC")),
    ]
)
#: Only in a report that names people.
_NAME = pa.field(NAME_COLUMN, _CATEGORY)

PHOTOS_SCHEMA = pa.schema(
    [
        pa.field("photo", pa.string(), nullable=False),
        pa.field("sha256", pa.string()),
        pa.field("width", pa.int32()),
        pa.field("height", pa.int32()),
        pa.field("format", _CATEGORY),
        pa.field("frames", pa.int32()),
        pa.field("state", _CATEGORY, nullable=False),
        pa.field("faces", pa.int32()),
        *(pa.field(label.value, pa.int32()) for label in ShownLabel),
        pa.field("least_confidence", pa.float64()),
        pa.field("error_code", _CATEGORY),
        pa.field("error_message", pa.string()),
        pa.field("note", pa.string(), nullable=False),
        pa.field("hidden", pa.bool_(), nullable=False),
        pa.field("position", pa.int32(), nullable=False),
        pa.field("name_bytes", pa.binary(), nullable=False),
        *_ORIGIN,
        *(
            pa.field(name, pa.int32())
            for name in ("not_labelled", *PREDICTED_COLUMNS, "faces_decided", "faces_drawn", "faces_removed")
        ),
    ]
)


class _ParquetWriter(FormatWriter):
    """Collects values by column, and writes a row group when it is full."""

    def __init__(self, output: Output, schema: pa.Schema) -> None:
        super().__init__(output)
        schema = schema.with_metadata({"maskloop": json.dumps(job_line(output.job))})
        self._schema = schema
        self._writer = pq.ParquetWriter(output.file, schema, compression="zstd")
        self._columns: list[list[Any]] = [[] for _ in schema]
        self._add: list[Callable[[Any], None]] = [column.append for column in self._columns]

    def add_row(self, row: tuple[Any, ...]) -> None:
        """Add one row, with a value for each column of the schema."""
        for append, value in zip(self._add, row, strict=True):
            append(value)
        self.rows += 1
        if self.rows % GROUP_ROWS == 0:
            self._write_group()

    def finish(self) -> None:
        """Write the last row group and the footer."""
        self._write_group()
        self._writer.close()

    def close(self) -> None:
        """Close the writer where an error came before the footer."""
        with suppress(Exception):  # after an error, which is known already
            self._writer.close()

    def _write_group(self) -> None:
        if self._columns[0]:
            arrays = [
                pa.array(values, field.type)
                for values, field in zip(self._columns, self._schema, strict=True)
            ]
            self._writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=self._schema))
        for values in self._columns:
            values.clear()


class FacesParquet(_ParquetWriter):
    """One row per face, in the order of faces.csv."""

    def __init__(self, output: Output) -> None:
        self._names_people = output.job.names_people
        super().__init__(output, FACES_SCHEMA.append(_NAME) if self._names_people else FACES_SCHEMA)

    def add(self, photo: PhotoRow) -> None:
        """Add the rows of a photo's faces."""
        classifier = self.output.job.classifier
        for row in _faces(photo, classifier.name if classifier is not None else None):
            self.add_row(row if self._names_people else row[:-1])


class PhotosParquet(_ParquetWriter):
    """One row per file of the job, in the order of photos.csv."""

    def __init__(self, output: Output) -> None:
        super().__init__(output, PHOTOS_SCHEMA)

    def add(self, photo: PhotoRow) -> None:
        """Add the row of one file."""
        self.add_row(_photo(photo))


def _faces(photo: PhotoRow, version: str | None) -> Iterator[tuple[Any, ...]]:
    """The rows of a photo's faces, each with a name at the end."""
    for face in photo.faces:
        yield (
            photo.name, *_face(face), photo.sha256, photo.position, version, *_origin(photo), *_labels(face),
        )  # fmt: skip


def _face(face: FaceRow) -> tuple[Any, ...]:
    return (
        face.x1, face.y1, face.x2, face.y2, face.final.value, face.score,
        *(face.probabilities or (None,) * len(Label)), face.face_id, face.detector_score,
    )  # fmt: skip


def _labels(face: FaceRow) -> tuple[Any, ...]:
    decided = face.decided
    return (
        face.box.value,
        face.rank_score,
        face.predicted and face.predicted.value,
        decided and decided.label.value,
        face.final.value,
        decided and decided.at,
        face.decided_by,
    )


def _photo(photo: PhotoRow) -> tuple[Any, ...]:
    faces, *counts = photo_counts(photo)
    return (
        photo.name,
        photo.sha256,
        photo.width,
        photo.height,
        photo.format,
        photo.frames,
        photo.state.value,
        faces,
        *counts[: len(ShownLabel)],
        photo.least_confidence,
        photo.error_code,
        photo.error_message,
        photo.note,
        photo.hidden,
        photo.position,
        photo.locator,
        *_origin(photo),
        *counts[len(ShownLabel) :],
    )


def _origin(photo: PhotoRow) -> tuple[str | None, ...]:
    return photo.source, photo.licence, photo.attribution
