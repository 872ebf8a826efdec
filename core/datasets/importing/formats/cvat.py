"""Read "CVAT for images" XML as a stream, one picture at a time."""

import math
from collections.abc import Iterator
from contextlib import closing
from typing import BinaryIO

from lxml import etree

from core.datasets.importing.formats.fields import box_around, number, side, text
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
from core.labels.annotation import AnnotatedObject, Annotation, ObjectProblem, annotated_object
from core.labels.lenient_xml import ReadableXml

_DRAWN = ("polygon", "polyline", "ellipse", "mask")
#: Shapes that are no face which was lost: parts of one.
_PARTS = ("points", "skeleton")


def looks_like_cvat(head: bytes) -> bool:
    """Whether the beginning of an XML file is that of a CVAT file."""
    return b"<annotations" in head and (b"<meta" in head or b"<image" in head or b"<version" in head)


def read_cvat(files: SetFiles, sources: list[bytes], problems: Problems) -> Iterator[SetRecord]:
    """One record a picture. Entities are not resolved, and nothing outside the file is read."""
    for source in sources:
        try:
            with closing(files.open(source)) as stream:
                yield from _read(source, stream, problems)
        except etree.XMLSyntaxError as error:
            problems.add(Problem.FILE_CUT, source, str(error))
        except InputError as error:
            problems.add(Problem.FILE_BAD, source, error.message)


def _read(source: bytes, stream: BinaryIO, problems: Problems) -> Iterator[SetRecord]:
    found = etree.iterparse(
        ReadableXml(stream),
        events=("end",),
        tag=("image", "track"),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
    )
    for _, element in found:
        if element.getroottree().docinfo.internalDTD is not None:
            raise InputError("bad_annotation", "It declares a document type, which is not read.")
        if element.tag == "track":
            problems.add(Problem.FILE_BAD, source, "it is of a video; export the task as CVAT for images")
            return
        record = _record(source, element, problems)
        if record is not None:
            yield record
        # Else the tree grows with the file.
        element.clear()
        while element.getprevious() is not None:
            del element.getparent()[0]


def _record(source: bytes, image: etree._Element, problems: Problems) -> SetRecord | None:
    path = photo_path(source, image.get("name"))
    if path is None:
        problems.add(Problem.RECORD_BAD, source, f"image {image.get('id')}")
        return None
    tags = [text(each.get("label")) for each in image.iterchildren("tag")]
    if len(tags) > 1:
        problems.add(Problem.LABELS_SEVERAL, source)
    shapes = list(image.iterchildren("box", *_DRAWN, *_PARTS, "cuboid"))
    objects = [made for each in shapes if (made := _object(source, each, problems)) is not None]
    width, height = side(image.get("width")), side(image.get("height"))
    annotation = Annotation(
        width=width if height else None, height=height if width else None, objects=tuple(objects)
    )
    return SetRecord(
        photo=path,
        source=source,
        annotation=annotation if objects or not tags else None,
        label=next(iter(tags), None),
        split=split_word(image.get("subset")) or split_of_file(source),
    )


def _object(source: bytes, shape: etree._Element, problems: Problems) -> AnnotatedObject | None:
    word = text(shape.get("label"))
    if shape.tag == "box":
        return _box(source, shape, word, problems)
    if shape.tag in _PARTS:
        problems.add(Problem.SHAPE_UNKNOWN, source, str(shape.tag))
        return None
    if shape.tag == "mask":
        left, top = number(shape.get("left")), number(shape.get("top"))
        width, height = number(shape.get("width")), number(shape.get("height"))
    elif shape.tag == "ellipse":
        x, y = number(shape.get("cx")), number(shape.get("cy"))
        across, down = number(shape.get("rx")), number(shape.get("ry"))
        left, top = _minus(x, across), _minus(y, down)
        width, height = (None if each is None else 2 * each for each in (across, down))
    elif shape.tag in ("polygon", "polyline"):
        problems.add(Problem.SHAPE_REDUCED, source)
        pairs = [each.split(",") for each in (shape.get("points") or "").split(";")]
        xs = [number(each[0]) if len(each) == 2 else None for each in pairs]
        return box_around(word, xs, [number(each[-1]) for each in pairs])
    else:
        problems.add(Problem.SHAPE_UNKNOWN, source, str(shape.tag))
        return AnnotatedObject(word=word or "", problem=ObjectProblem.BOX_MISSING)
    problems.add(Problem.SHAPE_REDUCED, source)
    right = None if left is None or width is None else left + width
    return annotated_object(word, (left, top, right, None if top is None or height is None else top + height))


def _minus(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one - other


def _box(source: bytes, shape: etree._Element, word: str | None, problems: Problems) -> AnnotatedObject:
    """A box, which may be turned about its middle."""
    corners = [number(shape.get(name)) for name in ("xtl", "ytl", "xbr", "ybr")]
    turn = math.radians(number(shape.get("rotation")) or 0.0)
    made = annotated_object(word, corners)
    if made.box is None or math.isclose(turn, 0.0, abs_tol=1e-9):
        return made
    problems.add(Problem.BOX_TURNED, source)
    box = made.box
    x, y, across, down = (box.x1 + box.x2) / 2, (box.y1 + box.y2) / 2, box.width / 2, box.height / 2
    cos, sin = abs(math.cos(turn)), abs(math.sin(turn))
    right, below = across * cos + down * sin, across * sin + down * cos
    return annotated_object(word, (x - right, y - below, x + right, y + below))
