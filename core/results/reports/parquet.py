"""Write faces.parquet and photos.parquet: typed columns, with the job in the file's metadata."""

import json
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from core.labels.shown_label import ShownLabel
from core.results.reports.json_lines import job_line
from core.results.reports.report_file import Output
from core.results.reports.rows import FaceRow, PhotoRow
from models.job_photo import JobPhotoState

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
        pa.field("score", pa.float64(), nullable=False),
        *(
            pa.field(name, pa.float64(), nullable=False)
            for name in ("with_mask", "without_mask", "incorrect", "not_a_face")
        ),
        pa.field("face_id", pa.int64(), nullable=False),
        pa.field("detector_score", pa.float64(), nullable=False),
        pa.field("sha256", pa.string()),
        pa.field("position", pa.int32(), nullable=False),
        pa.field("classifier_version", _CATEGORY),
        *_ORIGIN,
    ]
)

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
    ]
)


def write_faces_parquet(output: Output) -> int:
    """One row per shown face, in the order of faces.csv."""
    version = output.job.classifier.name if output.job.classifier is not None else None
    rows = chain.from_iterable(_faces(photo, version) for photo in output.rows)
    return _write(output, FACES_SCHEMA, rows)


def write_photos_parquet(output: Output) -> int:
    """One row per file of the job, in the order of photos.csv."""
    return _write(output, PHOTOS_SCHEMA, map(_photo, output.rows))


def _write(output: Output, schema: pa.Schema, rows: Iterable[tuple[Any, ...]]) -> int:
    """Collect values by column and write a row group when it is full."""
    schema = schema.with_metadata({"maskloop": json.dumps(job_line(output.job))})
    written = 0
    with pq.ParquetWriter(output.file, schema, compression="zstd") as writer:
        columns: list[list[Any]] = [[] for _ in schema]
        add: list[Callable[[Any], None]] = [column.append for column in columns]
        for row in rows:
            for append, value in zip(add, row, strict=True):
                append(value)
            written += 1
            if written % GROUP_ROWS == 0:
                _write_group(writer, schema, columns)
        _write_group(writer, schema, columns)
    return written


def _write_group(writer: pq.ParquetWriter, schema: pa.Schema, columns: list[list[Any]]) -> None:
    if columns[0]:
        arrays = [pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)]
        writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=schema))
    for values in columns:
        values.clear()


def _faces(photo: PhotoRow, version: str | None) -> Iterator[tuple[Any, ...]]:
    for face in photo.faces:
        yield (photo.name, *_face(face), photo.sha256, photo.position, version, *_origin(photo))


def _face(face: FaceRow) -> tuple[Any, ...]:
    return (
        face.x1, face.y1, face.x2, face.y2, face.label.value, face.score,
        face.with_mask, face.without_mask, face.incorrect, face.not_a_face, face.face_id, face.detector_score,
    )  # fmt: skip


def _photo(photo: PhotoRow) -> tuple[Any, ...]:
    done = photo.state is JobPhotoState.DONE
    return (
        photo.name,
        photo.sha256,
        photo.width,
        photo.height,
        photo.format,
        photo.frames,
        photo.state.value,
        len(photo.faces) if done else None,
        *(photo.count(label) if done else None for label in ShownLabel),
        photo.least_confidence,
        photo.error_code,
        photo.error_message,
        photo.note,
        photo.hidden,
        photo.position,
        photo.locator,
        *_origin(photo),
    )


def _origin(photo: PhotoRow) -> tuple[str | None, ...]:
    return photo.source, photo.licence, photo.attribution
