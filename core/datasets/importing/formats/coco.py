"""Read COCO object detection files: two passes over a stream, with only the names of photos in memory."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from core.datasets.importing.formats.fields import (
    box_around,
    box_of_corner,
    items,
    mapping,
    number,
    side,
    text,
)
from core.datasets.importing.formats.json_stream import BadJsonError, stream_json
from core.datasets.importing.formats.record import Problem, Problems, SetRecord, photo_path, split_of_file
from core.datasets.importing.formats.run_lengths import box_of_runs
from core.datasets.importing.formats.set_files import SetFiles
from core.errors import InputError
from core.labels.annotation import AnnotatedObject, Annotation, ObjectProblem, annotated_object

_TABLES = ("images", "categories", "annotations", "licenses")


def looks_like_coco(key: str | None, element: object) -> bool:
    """Whether the first value of a JSON file is of a COCO file."""
    if key == "images":
        return "file_name" in mapping(element)
    if key == "annotations":
        return "image_id" in mapping(element)
    return key in ("info", "licenses", "categories")


@dataclass(kw_only=True)
class _Tables:
    """What annotations refer to by number."""

    #: Each photo without its objects, by id.
    photos: dict[object, SetRecord] = field(default_factory=dict)
    words: dict[object, str | None] = field(default_factory=dict)
    licences: dict[object, str | None] = field(default_factory=dict)


def read_coco(files: SetFiles, sources: list[bytes], problems: Problems) -> Iterator[SetRecord]:
    """One record a photo without objects, then one for each of its objects."""
    for source in sources:
        try:
            yield from _read(files, source, problems)
        except InputError as error:
            problems.add(Problem.FILE_BAD, source, error.message)


def _read(files: SetFiles, source: bytes, problems: Problems) -> Iterator[SetRecord]:
    tables = _Tables()
    for key, row in _rows(files, source, problems):
        if key == "images":
            _add_photo(tables, source, mapping(row), problems)
        elif key == "categories":
            tables.words[_id(mapping(row).get("id"))] = text(mapping(row).get("name"))
        elif key == "licenses":
            row = mapping(row)
            tables.licences[_id(row.get("id"))] = text(row.get("name")) or text(row.get("url"))
    for record in tables.photos.values():
        yield _with_licence(record, tables)
    for key, row in _rows(files, source, None):
        if key == "annotations":
            yield from _object_record(tables, source, mapping(row), problems)


def _rows(files: SetFiles, source: bytes, problems: Problems | None) -> Iterator[tuple[str | None, Any]]:
    """The rows of the tables, up to a damage; it is counted where `problems` are given."""
    found = False
    with closing(files.open(source)) as stream:
        try:
            for key, row in stream_json(stream):
                if key in _TABLES:
                    found = True
                    yield key, row
        except (BadJsonError, InputError) as error:
            if problems is not None:
                report = problems.cut if found else partial(problems.add, Problem.FILE_BAD)
                report(source, str(error))


def _add_photo(tables: _Tables, source: bytes, row: Any, problems: Problems) -> None:
    path = photo_path(source, row.get("file_name"))
    if path is None or row.get("id") is None:
        problems.add(Problem.RECORD_BAD, source, "an image without file_name or id")
        return
    width, height = side(row.get("width")), side(row.get("height"))
    tables.photos[_id(row["id"])] = SetRecord(
        photo=path,
        source=source,
        annotation=Annotation(width=width if height else None, height=height if width else None),
        split=split_of_file(source),
        # Its number; the names may stand at the end of the file.
        licence=text(row.get("license")),
    )


def _with_licence(record: SetRecord, tables: _Tables) -> SetRecord:
    return replace(record, licence=tables.licences.get(record.licence))


def _object_record(tables: _Tables, source: bytes, row: Any, problems: Problems) -> Iterator[SetRecord]:
    photo = tables.photos.get(_id(row.get("image_id")))
    if photo is None or photo.annotation is None:
        # Whose box it is cannot be told, so no photo of the file is known to be boxed completely.
        problems.add(Problem.RECORD_BAD, source, "an annotation of an image that the file does not have")
        problems.incomplete.add(source)
        return
    # Its size is said once, by the record of the photo.
    made = Annotation(objects=(_object(tables, source, row, problems),))
    yield SetRecord(photo=photo.photo, source=source, annotation=made)


def _object(tables: _Tables, source: bytes, row: Any, problems: Problems) -> AnnotatedObject:
    number_ = row.get("category_id")
    word = tables.words.get(_id(number_)) or text(number_)
    if row.get("iscrowd") == 1:
        problems.add(Problem.SHAPE_UNKNOWN, source, "a crowd")
        return AnnotatedObject(word=word or "", problem=ObjectProblem.BOX_MISSING)
    corners = [number(each) for each in items(row.get("bbox"))]
    if len(corners) == 4:
        made, score = box_of_corner(word, *corners), number(row.get("score"))
        return made if score is None else replace(made, score=score)
    if isinstance(row.get("segmentation"), dict):
        problems.add(Problem.SHAPE_REDUCED, source)
        return annotated_object(word, box_of_runs(row["segmentation"]))
    points = [number(each) for part in items(row.get("segmentation")) for each in items(part)]
    if points and len(points) % 2 == 0:
        problems.add(Problem.SHAPE_REDUCED, source)
        return box_around(word, points[::2], points[1::2])
    return annotated_object(word, (None, None, None, None))


def _id(value: object) -> object:
    """Numbers and texts of one id are the same; what cannot be an id is none."""
    return text(value)
