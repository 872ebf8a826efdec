"""Read the exports of Label Studio: JSON, and JSON-MIN. Shapes are in per cent of the picture."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from core.datasets.importing.formats.fields import box_around, items, mapping, number, side, text
from core.datasets.importing.formats.json_stream import BadJsonError, stream_json
from core.datasets.importing.formats.record import (
    Problem,
    Problems,
    SetRecord,
    photo_path,
    split_of_file,
    split_word,
)
from core.datasets.importing.formats.set_files import SetFiles
from core.errors import InputError
from core.labels.annotation import AnnotatedObject, Annotation, ObjectProblem
from core.library.files.names import is_photo_name

_PHOTO_KEYS = ("image", "img", "photo", "picture", "url", "file", "ocr")
#: Of JSON-MIN, beside the fields of the task.
_ABOUT = frozenset(("id", "annotator", "annotation_id", "created_at", "updated_at", "lead_time"))
_WORDS = ("choice", "choices", "label", "labels", "class", "sentiment")
#: How Label Studio begins the name of an uploaded file.
_UPLOAD_MARK = re.compile(r"^[0-9a-f]{8}-")


def looks_like_label_studio(element: object) -> bool:
    """Whether the first element of a JSON array is a task of Label Studio, in JSON or JSON-MIN."""
    task = mapping(element)
    if isinstance(task.get("data"), dict):
        return "annotations" in task or "completions" in task or "predictions" in task
    return "annotation_id" in task or ("annotator" in task and "id" in task)


def read_label_studio(files: SetFiles, sources: list[bytes], problems: Problems) -> Iterator[SetRecord]:
    """One record a task; of its annotations the newest that was not cancelled."""
    for source in sources:
        try:
            with closing(files.open(source)) as stream:
                for _, task in stream_json(stream):
                    record = _record(source, mapping(task), problems)
                    if record is not None:
                        yield record
        except BadJsonError as error:
            problems.add(Problem.FILE_CUT, source, str(error))
        except InputError as error:
            problems.add(Problem.FILE_BAD, source, error.message)


def _record(source: bytes, task: Mapping[str, Any], problems: Problems) -> SetRecord | None:
    data = mapping(task.get("data")) or task
    names = _photo_names(data)
    paths = [path for name in names if (path := photo_path(source, name)) is not None]
    if not paths:
        problems.add(Problem.RECORD_BAD, source, f"task {task.get('id')}")
        return None
    if "data" in task:
        results = _newest(source, task, problems)
    else:
        results = list(_flat_results(task, problems, source))
    if results is None:
        # Nobody has answered yet: that says nothing about the photo.
        return None
    plain = [name.rpartition("/")[2] for name in names]
    short = [_UPLOAD_MARK.sub("", each) for each in plain if _UPLOAD_MARK.match(each)]
    others = [*paths[1:], *(path for each in short if (path := photo_path(source, each)) is not None)]
    annotation, label = _read_results(source, results, problems)
    return SetRecord(
        photo=paths[0], source=source, annotation=annotation, label=label, also_named=tuple(others),
        split=split_word(data.get("split")) or split_of_file(source),
    )  # fmt: skip


def _photo_names(data: Mapping[str, Any]) -> tuple[str, ...]:
    """The path of the picture in the fields of a task: that of its address, then as it is written."""
    named = [data.get(key) for key in _PHOTO_KEYS]
    for value in (*named, *data.values()):
        if not isinstance(value, str):
            continue
        found = [name for name in (_path_of_address(value), unquote(value), value) if _is_photo(name)]
        if found:
            return tuple(dict.fromkeys(found))
    return ()


def _path_of_address(value: str) -> str:
    """The path in an address, also in the query of a local file; empty if it is none."""
    try:
        parts = urlsplit(value)
        local = parse_qs(parts.query).get("d")
    except ValueError:
        return ""
    return local[0] if local else unquote(parts.path)


def _is_photo(name: str) -> bool:
    return is_photo_name(name.encode("utf-8", "surrogateescape"))


def _newest(source: bytes, task: Mapping[str, Any], problems: Problems) -> Sequence[Any] | None:
    """The results of the annotation that counts; None for a task without one."""
    answers = [mapping(each) for each in items(task.get("annotations") or task.get("completions"))]
    valid = [each for each in answers if not each.get("was_cancelled")]
    left = len(answers) - min(len(valid), 1) + len(items(task.get("predictions")))
    if left:
        problems.counts[Problem.ANSWER_OTHER] += left - 1
        problems.add(Problem.ANSWER_OTHER, source, f"task {task.get('id')}")
    if not valid:
        return None
    truth = [each for each in valid if each.get("ground_truth")] or valid
    newest = max(truth, key=lambda each: text(each.get("updated_at") or each.get("created_at")) or "")
    return items(newest.get("result"))


def _flat_results(task: Mapping[str, Any], problems: Problems, source: bytes) -> Iterator[Any]:
    """The fields of a task of JSON-MIN as results of JSON."""
    for name, value in task.items():
        if name in _ABOUT:
            continue
        for each in items(value):
            if isinstance(each, dict) and ("x" in each or "points" in each or "rle" in each):
                yield each | {"value": each, "type": "shape"}
        words = mapping(value).get("choices", value if name.casefold() in _WORDS else None)
        if isinstance(words, str) or (isinstance(words, list) and words and isinstance(words[0], str)):
            yield {"type": "choices", "value": {"choices": [words] if isinstance(words, str) else words}}


def _read_results(
    source: bytes, results: Sequence[Any], problems: Problems
) -> tuple[Annotation | None, str | None]:
    """The shapes as an annotation, and the choice for the whole picture. Neither means: no face."""
    labels: list[str] = []
    words: dict[str, list[str]] = {}
    shapes: list[Mapping[str, Any]] = []
    for each in map(mapping, results):
        value = mapping(each.get("value"))
        if each.get("type") == "choices":
            labels += _texts(value.get("choices"))
            continue
        found = [word for key, listed in value.items() if key.endswith("labels") for word in _texts(listed)]
        key = text(each.get("id")) or str(len(words))
        words.setdefault(key, []).extend(word for word in found if word not in words.get(key, ()))
        if "x" in value or "points" in value or "rle" in value:
            shapes.append({**each, "id": key})
    several = [key for key, found in words.items() if len(found) > 1] + (
        ["choices"] if len(labels) > 1 else []
    )
    for _ in several:
        problems.add(Problem.LABELS_SEVERAL, source)
    first = next(iter(labels), None)
    if not shapes and first is not None:
        return None, first
    size = next((pair for each in shapes if (pair := _size(each)) is not None), None)
    read = (_object(source, shape, words[shape["id"]], size, problems) for shape in shapes)
    made = [found for found in read if found is not None]
    return _unique(made, size), first


def _unique(objects: list[AnnotatedObject], size: tuple[int, int] | None) -> Annotation:
    """With one object for each region, which several results may describe."""
    width, height = size or (None, None)
    return Annotation(
        width=width, height=height, objects=tuple(dict.fromkeys(objects)), is_relative=size is None
    )


def _object(
    source: bytes,
    shape: Mapping[str, Any],
    words: list[str],
    size: tuple[int, int] | None,
    problems: Problems,
) -> AnnotatedObject | None:
    """One shape in pixels of a picture of this size, in shares of it if that is unknown."""
    value, (width, height) = mapping(shape["value"]), size or (1, 1)
    word = words[0] if words else None
    if number(shape.get("image_rotation")):
        problems.add(Problem.SHAPE_UNKNOWN, source, "on a picture that was turned")
        return AnnotatedObject(word=word or "", problem=ObjectProblem.BOX_MISSING)
    if "points" in value:
        pairs = [items(each) for each in items(value["points"])]
        problems.add(Problem.SHAPE_REDUCED, source)
        xs = [_share(each[0], width) if len(each) == 2 else None for each in pairs]
        ys = [_share(each[1], height) if len(each) == 2 else None for each in pairs]
        return box_around(word, xs, ys)
    if "radiusX" in value:
        x, y = _share(value.get("x"), width), _share(value.get("y"), height)
        across, down = _share(value["radiusX"], width), _share(value.get("radiusY"), height)
        problems.add(Problem.SHAPE_REDUCED, source)
        if x is None or y is None or across is None or down is None:
            return AnnotatedObject(word=word or "", problem=ObjectProblem.BOX_MISSING)
        return box_around(word, (x - across, x + across), (y - down, y + down))
    if "rle" in value or "height" not in value:
        if "rle" not in value:
            # A point, such as the tip of a nose, is no face that was lost.
            problems.add(Problem.SHAPE_UNKNOWN, source)
            return None
        problems.add(Problem.SHAPE_UNKNOWN, source)
        return AnnotatedObject(word=word or "", problem=ObjectProblem.BOX_MISSING)
    return _rectangle(source, value, word, (width, height), problems)


def _rectangle(
    source: bytes, value: Mapping[str, Any], word: str | None, size: tuple[int, int], problems: Problems
) -> AnnotatedObject:
    """A rectangle, which may be turned about its left upper corner."""
    width, height = size
    x, y = _share(value.get("x"), width), _share(value.get("y"), height)
    w, h = _share(value.get("width"), width), _share(value.get("height"), height)
    if x is None or y is None or w is None or h is None:
        return AnnotatedObject(word=word or "", problem=ObjectProblem.BOX_MISSING)
    turn = math.radians(number(value.get("rotation")) or 0.0)
    if not math.isclose(turn, 0.0, abs_tol=1e-9):
        problems.add(Problem.BOX_TURNED, source)
    cos, sin = math.cos(turn), math.sin(turn)
    xs = [x, x + w * cos, x - h * sin, x + w * cos - h * sin]
    ys = [y, y + w * sin, y + h * cos, y + w * sin + h * cos]
    return replace(box_around(word, xs, ys), score=number(value.get("score")))


def _share(per_cent: object, whole: int) -> float | None:
    found = number(per_cent)
    return None if found is None else found * whole / 100


def _size(shape: Mapping[str, Any]) -> tuple[int, int] | None:
    width, height = side(shape.get("original_width")), side(shape.get("original_height"))
    return (width, height) if width and height else None


def _texts(value: object) -> list[str]:
    found = [text(each) for each in ([value] if isinstance(value, str) else items(value))]
    return [each for each in found if each is not None]
