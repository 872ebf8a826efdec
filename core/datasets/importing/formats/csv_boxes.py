"""Read CSV and Parquet tables: a row a box, or a row a photo with the label of the whole picture."""

import csv
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from core.datasets.importing.formats.fields import box_of_corner, items, number, side, text
from core.datasets.importing.formats.parquet_rows import is_parquet
from core.datasets.importing.formats.record import (
    Problem,
    Problems,
    SetRecord,
    photo_path,
    split_of_file,
    split_word,
)
from core.datasets.importing.formats.set_files import SetFiles
from core.datasets.importing.formats.table import Table, parquet_table, plain_column, read_rows, read_table
from core.errors import InputError
from core.labels.annotation import AnnotatedObject, Annotation, annotated_object
from core.library.files.names import is_photo_name

#: Headings of each column, as tools and published sets write them; the first that a file has counts.
_HEADINGS = {
    "photo": (
        "filename", "file_name", "file", "image_name", "imagename", "image_path", "path", "filepath", "image",
        "img", "photo", "imageid", "image_id", "img_name", "photo_name", "name", "id",
    ),
    "word": ("label", "class", "class_name", "classname", "category", "category_name", "label_name",
             "labelname", "labels", "word"),
    "x1": ("xmin", "x1", "x_min", "left", "bbox_xmin", "xtl"),
    "y1": ("ymin", "y1", "y_min", "top", "bbox_ymin", "ytl"),
    "x2": ("xmax", "x2", "x_max", "right", "bbox_xmax", "xbr"),
    "y2": ("ymax", "y2", "y_max", "bottom", "bbox_ymax", "ybr"),
    "x": ("x", "bbox_x", "box_x"),
    "y": ("y", "bbox_y", "box_y"),
    "w": ("w", "bbox_width", "bbox_w", "box_w", "box_width"),
    "h": ("h", "bbox_height", "bbox_h", "box_h", "box_height"),
    "box": ("bbox", "box", "bounding_box"),
    "width": ("image_width", "img_width", "photo_width", "width"),
    "height": ("image_height", "img_height", "photo_height", "height"),
    "split": ("split", "subset", "set", "partition"),
    "licence": ("licence", "license"),
    "score": ("score", "confidence"),
}  # fmt: skip
#: The columns of numbers.
_NUMBERS = frozenset(("x1", "y1", "x2", "y2", "x", "y", "w", "h", "width", "height", "score"))
_DECIMAL_COMMA = re.compile(r"\s*-?\d+,\d+\s*$")
_KNOWN = frozenset(
    plain_column(name) for key in ("photo", "word", "x1", "x", "box") for name in _HEADINGS[key]
)


def table_columns(files: SetFiles, source: bytes) -> tuple[Table, dict[str, int]] | None:
    """How to read a table, and the place of each column; None if it names no photos."""
    if not is_parquet(source):
        return csv_columns(files.head(source))
    try:
        table = parquet_table(files, source)
    except InputError:
        return None
    places = _places(table)
    return (table, places) if places else None


def csv_columns(head: bytes) -> tuple[Table, dict[str, int]] | None:
    """How to read a file with this beginning, and the place of each column; None if it names no photos."""
    try:
        table = read_table(head, _KNOWN)
        lines = head.decode(table.encoding, "replace").splitlines()[int(table.names_separator) :][:1]
        rows = list(csv.reader(lines, delimiter=table.separator))
    except csv.Error:
        return None
    if not table.columns:
        places = _places_without_heading(rows[0] if rows else [])
        return (table, places) if places else None
    places = _places(table)
    return (table, places) if places else None


def _places(table: Table) -> dict[str, int]:
    """The place of each column by its heading; empty if they name no photos."""
    places = {
        key: table.columns.index(plain_column(name))
        for key, names in _HEADINGS.items()
        for name in reversed(names)
        if plain_column(name) in table.columns
    }
    if "w" not in places and "x" in places and "x2" not in places and places.keys() >= {"width", "height"}:
        # Without other sizes, these are the sides of the box.
        places |= {"w": places.pop("width"), "h": places.pop("height")}
    has_answer = "word" in places or "box" in places or "x1" in places or "x" in places
    return places if "photo" in places and has_answer else {}


def _places_without_heading(row: Sequence[str]) -> dict[str, int]:
    """The layouts without a heading: photo, corners, word (Keras RetinaNet), and that of makesense.ai."""

    def is_photo(place: int) -> bool:
        return is_photo_name(row[place].strip().encode("utf-8", "surrogateescape"))

    if len(row) == 6 and is_photo(0):
        return {"photo": 0, "x1": 1, "y1": 2, "x2": 3, "y2": 4, "word": 5}
    if len(row) == 8 and is_photo(5):
        return {"word": 0, "x": 1, "y": 2, "w": 3, "h": 4, "photo": 5, "width": 6, "height": 7}
    return {"photo": 0, "word": 1} if len(row) == 2 and is_photo(0) else {}


def read_csv(files: SetFiles, sources: list[bytes], problems: Problems) -> Iterator[SetRecord]:
    """One record a row; those of one photo belong together, wherever they stand."""
    for source in sources:
        layout = table_columns(files, source)
        if layout is None:
            problems.add(Problem.FILE_BAD, source, _why_no_table(files, source))
            continue
        try:
            yield from _records(files, source, *layout, problems)
        except (csv.Error, InputError) as error:
            problems.cut(source, str(error))


def _why_no_table(files: SetFiles, source: bytes) -> str:
    try:
        if is_parquet(source):
            parquet_table(files, source)
    except InputError as error:
        return error.message
    return "no column names the photos"


def _records(
    files: SetFiles, source: bytes, table: Table, places: Mapping[str, int], problems: Problems
) -> Iterator[SetRecord]:
    for number_, cells in enumerate(read_rows(files, source, table)):
        row = {key: cells[at] for key, at in places.items() if at < len(cells)}
        if any("\n" in cell or "\r" in cell for cell in row.values()):
            # Rows that it has swallowed may have been boxes of any photo.
            problems.cut(source, f"row {number_ + 1:,} has a field of several lines, as after an open quote")
        if table.separator != ",":
            row = {key: _with_point(value) if key in _NUMBERS else value for key, value in row.items()}
        record = _record(source, row)
        if record is None:
            problems.add(Problem.RECORD_BAD, source, f"row {number_ + 1:,}")
        else:
            yield record


def _with_point(value: str) -> str:
    """A number with a decimal point, where the table has a decimal comma."""
    return value.replace(",", ".") if _DECIMAL_COMMA.match(value) else value


def _record(source: bytes, row: Mapping[str, str]) -> SetRecord | None:
    name = row.get("photo", "")
    path = photo_path(source, name)
    if path is None:
        return None
    width, height = side(row.get("width")), side(row.get("height"))
    found = _object(row)
    word = text(row.get("word"))
    annotation = None
    # A row with neither a box nor a word is that of a photo without objects.
    if found is not None or (word is None and _has_boxes(row)):
        annotation = Annotation(
            width=width if height else None,
            height=height if width else None,
            objects=() if found is None else (found,),
            is_relative=found is not None and _is_relative(found),
        )
    return SetRecord(
        photo=path,
        source=source,
        annotation=annotation,
        label=word if annotation is None else None,
        split=split_word(row.get("split")) or split_of_file(source),
        licence=text(row.get("licence")),
    )


def _has_boxes(row: Mapping[str, str]) -> bool:
    """Whether the table has columns of boxes."""
    return not row.keys().isdisjoint(("box", "x1", "x"))


def _object(row: Mapping[str, str]) -> AnnotatedObject | None:
    """The box of a row; None where the row has no columns of boxes, or they are all empty."""
    word = text(row.get("word"))
    if "box" in row:
        corners = _numbers(row["box"])
        made = box_of_corner(word, *corners) if len(corners) == 4 else annotated_object(word, ())
        return made if row["box"].strip() else None
    corner_names = ("x1", "y1", "x2", "y2") if "x1" in row else ("x", "y", "w", "h")
    given = [row.get(name, "") for name in corner_names]
    if not any(each.strip() for each in given):
        return None
    numbers = [number(each) for each in given]
    made = annotated_object(word, numbers) if "x1" in row else box_of_corner(word, *numbers)
    return replace(made, score=number(row.get("score")))


def _numbers(field: str) -> list[float | None]:
    """Numbers of `[1, 2, 3, 4]`, or with other separators."""
    try:
        return [number(each) for each in items(json.loads(field))]
    except (ValueError, RecursionError):
        return [number(each) for each in field.strip("[]() ").replace(",", " ").split()]


def _is_relative(found: AnnotatedObject) -> bool:
    """Whether a box is in shares of the picture, as those of Open Images: in pixels it would be empty."""
    box = found.box
    return box is not None and max(box.x2, box.y2) <= 1.0 and min(box.x1, box.y1) >= 0.0
