"""Read the metadata of Hugging Face's ImageFolder, which stands beside the photos."""

import csv
import json
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any

from core.datasets.importing.formats.fields import box_of_corner, items, mapping, number, side, text
from core.datasets.importing.formats.json_stream import BadJsonError, stream_json_lines
from core.datasets.importing.formats.parquet_rows import is_parquet, parquet_rows
from core.datasets.importing.formats.record import (
    Problem,
    Problems,
    SetRecord,
    photo_path,
    split_of_file,
    split_word,
)
from core.datasets.importing.formats.set_files import SetFiles
from core.datasets.importing.formats.table import read_rows, read_table
from core.errors import InputError
from core.labels.annotation import AnnotatedObject, Annotation, annotated_object
from core.labels.text_encoding import guess_encoding

_FILE_NAMES = frozenset(("filename", "imagefilename", "file"))
_OBJECTS = ("objects", "annotations")
_WORDS = ("categories", "category", "label", "labels", "names", "class", "classes")
_WHOLE = ("label", "labels", "class", "category")


def is_metadata(path: bytes) -> bool:
    """Whether a file has the name of ImageFolder's metadata."""
    name = path.rpartition(b"/")[2].lower()
    return name in (b"metadata.jsonl", b"metadata.csv", b"metadata.parquet")


def read_image_folder(files: SetFiles, sources: list[bytes], problems: Problems) -> Iterator[SetRecord]:
    """One record a line."""
    for source in sources:
        try:
            for row in _rows(files, source):
                if isinstance(row, BadJsonError):
                    problems.add(Problem.RECORD_BAD, source, str(row))
                    continue
                record = _record(source, mapping(row), problems)
                if record is not None:
                    yield record
        except (csv.Error, InputError) as error:
            problems.cut(source, str(error))


def _rows(files: SetFiles, source: bytes) -> Iterator[Any]:
    if is_parquet(source):
        return parquet_rows(files, source)
    return _lines(files, source) if source.lower().endswith(b".jsonl") else _csv_rows(files, source)


def _lines(files: SetFiles, source: bytes) -> Iterator[Any]:
    encoding = guess_encoding(files.head(source))
    with closing(files.open(source)) as stream:
        yield from stream_json_lines(stream, encoding)


def _csv_rows(files: SetFiles, source: bytes) -> Iterator[Mapping[str, Any]]:
    """Rows by column; columns of objects are JSON."""
    table = read_table(files.head(source), _FILE_NAMES)
    for row in read_rows(files, source, table):
        fields = dict(zip(table.columns, row, strict=False))
        yield {name: _maybe_json(value) for name, value in fields.items()}


def _maybe_json(value: str) -> Any:
    if not value.lstrip().startswith(("{", "[")):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def _record(source: bytes, row: Mapping[str, Any], problems: Problems) -> SetRecord | None:
    name = next(
        (
            value
            for key, value in row.items()
            if key in ("file_name", "image_file_name") or key in _FILE_NAMES
        ),
        None,
    )
    path = photo_path(source, name)
    if path is None:
        problems.add(Problem.RECORD_BAD, source)
        return None
    return record_of_fields(row, photo=path, source=source, problems=problems)


def record_of_fields(row: Mapping[str, Any], *, photo: bytes, source: bytes, problems: Problems) -> SetRecord:
    """What fields say: `objects` with `bbox` (x, y, width, height) and `categories`, or a label."""
    objects = next((row[name] for name in _OBJECTS if row.get(name) is not None), None)
    annotation = None
    if objects is not None or "bbox" in row:
        width, height = side(row.get("width")), side(row.get("height"))
        annotation = Annotation(
            width=width if height else None,
            height=height if width else None,
            objects=tuple(_objects(row if objects is None else objects)),
        )
    label = next((row[name] for name in _WHOLE if row.get(name) is not None), None)
    if isinstance(label, list):
        if len(label) > 1:
            problems.add(Problem.LABELS_SEVERAL, source)
        label = label[0] if label else None
    return SetRecord(
        photo=photo,
        source=source,
        annotation=annotation,
        label=None if annotation is not None else text(label),
        split=split_word(row.get("split")) or split_of_file(source),
        licence=text(row.get("license", row.get("licence"))),
    )


def _objects(said: object) -> Iterator[AnnotatedObject]:
    """Objects of a mapping of columns, as the library writes them, or of a list with one mapping each."""
    if isinstance(said, list):
        for each in said:
            fields = mapping(each)
            yield _object(_word(fields), fields.get("bbox"))
        return
    columns = mapping(said)
    boxes = items(columns.get("bbox"))
    words = items(next((columns[name] for name in _WORDS if name in columns), None))
    for place in range(max(len(boxes), len(words))):
        word = text(words[place]) if place < len(words) else None
        yield _object(word, boxes[place] if place < len(boxes) else None)
    if not isinstance(said, dict):
        # Something is said that is not understood: the photo is not one without objects.
        yield annotated_object("", ())


def _word(fields: Mapping[str, Any]) -> str | None:
    return next((found for name in _WORDS if (found := text(fields.get(name))) is not None), None)


def _object(word: str | None, box: object) -> AnnotatedObject:
    corners = [number(each) for each in items(box)]
    return box_of_corner(word, *corners) if len(corners) == 4 else annotated_object(word, ())
