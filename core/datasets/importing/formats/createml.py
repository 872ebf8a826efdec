"""Read the JSON of Apple's Create ML: boxes by their middle, in pixels."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any

from core.datasets.importing.formats.fields import box_of_middle, items, mapping, number, text
from core.datasets.importing.formats.json_stream import BadJsonError, stream_json
from core.datasets.importing.formats.record import Problem, Problems, SetRecord, photo_path, split_of_file
from core.datasets.importing.formats.set_files import SetFiles
from core.errors import InputError
from core.labels.annotation import Annotation

_NAMES = ("image", "imagefilename", "imageFilename", "filename")


def looks_like_createml(element: object) -> bool:
    """Whether the first element of a JSON array is one of Create ML."""
    entry = mapping(element)
    objects = items(entry.get("annotations", entry.get("annotation")))
    return any(isinstance(entry.get(name), str) for name in _NAMES) and (
        ("annotations" in entry and not objects) or any("label" in mapping(each) for each in objects)
    )


def read_createml(files: SetFiles, sources: list[bytes], problems: Problems) -> Iterator[SetRecord]:
    """One record a photo."""
    for source in sources:
        try:
            with closing(files.open(source)) as stream:
                for _, entry in stream_json(stream):
                    record = _record(source, mapping(entry), problems)
                    if record is not None:
                        yield record
        except BadJsonError as error:
            problems.add(Problem.FILE_CUT, source, str(error))
        except InputError as error:
            problems.add(Problem.FILE_BAD, source, error.message)


def _record(source: bytes, entry: Mapping[str, Any], problems: Problems) -> SetRecord | None:
    path = photo_path(source, next((entry[name] for name in _NAMES if entry.get(name)), None))
    if path is None:
        problems.add(Problem.RECORD_BAD, source)
        return None
    rows = [mapping(each) for each in items(entry.get("annotations", entry.get("annotation")))]
    whole = [text(row.get("label")) for row in rows if "coordinates" not in row]
    if rows and len(whole) == len(rows):
        if len(whole) > 1:
            problems.add(Problem.LABELS_SEVERAL, source)
        return SetRecord(photo=path, source=source, label=whole[0], split=split_of_file(source))
    objects = []
    for row in rows:
        at = mapping(row.get("coordinates"))
        numbers = (number(at.get(name)) for name in ("x", "y", "width", "height"))
        objects.append(box_of_middle(text(row.get("label")), *numbers))
    return SetRecord(
        photo=path, source=source, annotation=Annotation(objects=tuple(objects)), split=split_of_file(source)
    )
