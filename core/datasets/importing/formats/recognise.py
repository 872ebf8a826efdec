"""Recognise the format of a set by the beginnings of its files."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from core.datasets.importing.formats.coco import looks_like_coco
from core.datasets.importing.formats.createml import looks_like_createml
from core.datasets.importing.formats.csv_boxes import table_columns
from core.datasets.importing.formats.cvat import looks_like_cvat
from core.datasets.importing.formats.image_folder import is_metadata
from core.datasets.importing.formats.json_stream import BadJsonError, stream_json
from core.datasets.importing.formats.label_studio import looks_like_label_studio
from core.datasets.importing.formats.parquet_rows import (
    is_parquet,
    looks_like_parquet,
    parquet_columns,
)
from core.datasets.importing.formats.reading_time import TimeOverError
from core.datasets.importing.formats.record import Problem, Problems, SetFormat
from core.datasets.importing.formats.set_files import SetFiles
from core.datasets.importing.formats.webdataset import looks_like_sample
from core.datasets.importing.formats.wider_face import looks_like_wider_face
from core.datasets.importing.formats.yolo import YoloLabels, looks_like_yolo
from core.errors import InputError
from core.library.files.names import display_name
from core.number_text import plural

#: Files of one ending that are looked into.
_LOOKED_INTO = 200
#: Files of no known format that are named.
_NAMED = 3
#: Where a set has several formats, the first of these counts.
_ORDER = (
    SetFormat.VOC, SetFormat.COCO, SetFormat.CVAT, SetFormat.LABEL_STUDIO, SetFormat.CREATEML,
    SetFormat.IMAGE_FOLDER, SetFormat.YOLO, SetFormat.WIDER_FACE, SetFormat.WEBDATASET, SetFormat.CSV,
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Recognition:
    """The format in which a set is read, why, and the other formats whose files it has."""

    format: SetFormat
    why: str
    others: tuple[SetFormat, ...] = ()
    #: The files of each format that were found, some of them for those with a file a photo.
    sources: dict[SetFormat, list[bytes]] = field(default_factory=dict)
    #: Where no format was found: files that may be annotations all the same.
    unknown: tuple[bytes, ...] = ()

    @property
    def sentences(self) -> list[str]:
        """The format with the reason, and what else the set has."""
        found = [f"Read as {self.format.words}: {self.why}."]
        if self.others:
            names = " and ".join(each.words for each in self.others)
            found.append(f"It also has files of {names}, which are not read; choose the format to read them.")
        if self.unknown:
            count = plural(len(self.unknown), "file")
            names = ", ".join(display_name(each) for each in self.unknown[:_NAMED])
            found.append(f"Not read, since of no known format: {count}, such as {names}.")
        return found


def recognise(
    files: SetFiles, chosen: SetFormat | None = None, problems: Problems | None = None
) -> Recognition:
    """The format of a set: the chosen one, else the first that its files have, else class folders.

    What is damaged from its beginning, so that its format cannot be told, is counted in `problems`.
    """
    sources: dict[SetFormat, list[bytes]] = {}
    damaged: dict[bytes, str] = {}
    for kind, path in _kinds(files, damaged):
        sources.setdefault(kind, []).append(path)
    found = [each for each in _ORDER if sources.get(each)]
    if chosen is None and not found:
        found, sources = _without_a_format(files)
    format_ = chosen or (found[0] if found else SetFormat.FOLDERS)
    if problems is not None and _tells_damage(format_, chosen, sources):
        for path, why in damaged.items():
            problems.add(Problem.FILE_BAD, path, why)
    if chosen is not None:
        others = tuple(each for each in found if each is not chosen)
        return Recognition(format=chosen, why="chosen", others=others, sources=sources)
    if not found:
        unknown = tuple(path for path in _perhaps_annotations(files) if path not in damaged)
        return Recognition(
            format=format_, why="no file of another format was found", sources=sources, unknown=unknown
        )
    why = _reason(sources[format_])
    return Recognition(format=format_, why=why, others=tuple(found[1:]), sources=sources)


def _tells_damage(
    format_: SetFormat, chosen: SetFormat | None, sources: Mapping[SetFormat, list[bytes]]
) -> bool:
    """Whether nothing else will tell of damaged files, as samples and files that are read all the same do."""
    return format_ is not SetFormat.WEBDATASET and (chosen is None or bool(sources.get(chosen)))


def _without_a_format(files: SetFiles) -> tuple[list[SetFormat], dict[SetFormat, list[bytes]]]:
    """What a set is taken for in which no file was recognised, so that its photos say what is wrong."""
    if xml := files.ending(b".xml"):
        return [SetFormat.VOC], {SetFormat.VOC: xml}
    labels = YoloLabels(files, Problems())
    if labels.names_classes and (paths := labels.paths()):
        return [SetFormat.YOLO], {SetFormat.YOLO: paths}
    return [], {}


def _perhaps_annotations(files: SetFiles) -> list[bytes]:
    tables = files.ending(b".json", b".jsonl", b".ndjson", b".csv", b".tsv", b".parquet")
    return [*tables, *YoloLabels(files, Problems()).paths()]


def _reason(sources: Sequence[bytes]) -> str:
    name = display_name(sources[0])
    if len(sources) == 1:
        return f"it has {name}"
    more = " or more" if len(sources) >= _LOOKED_INTO else ""
    return f"it has {plural(len(sources), 'such file')}{more}, as {name}"


def _kinds(files: SetFiles, damaged: dict[bytes, str]) -> Iterator[tuple[SetFormat, bytes]]:
    """The format of each file that was recognised; `damaged` gets the others that cannot be read, and why."""
    for path in files.ending(b".xml")[:_LOOKED_INTO]:
        # Without the zeros of UTF-16.
        head = files.head(path).replace(b"\0", b"")
        if looks_like_cvat(head):
            yield SetFormat.CVAT, path
        elif b"<annotation" in head or b"<object" in head or b"<Annotation" in head:
            yield SetFormat.VOC, path
    for path in files.ending(b".json")[:_LOOKED_INTO]:
        if (kind := _kind_of_json(files, path, damaged)) is not None:
            yield kind, path
    yield from _kinds_of_tables(files, damaged)
    yield from ((SetFormat.WEBDATASET, path) for path in files.ending(b".cls")[:_LOOKED_INTO])
    yield from _kinds_of_text(files)


def _kinds_of_tables(files: SetFiles, damaged: dict[bytes, str]) -> Iterator[tuple[SetFormat, bytes]]:
    for path in files.ending(b".jsonl", b".csv", b".tsv", b".parquet")[:_LOOKED_INTO]:
        # Without the zeros of UTF-16.
        head = files.head(path).replace(b"\0", b"")
        if (why := _why_unreadable(files, path, head)) is not None:
            damaged[path] = why
            continue
        names_photos = looks_like_parquet(head) or b"file_name" in head
        if is_metadata(path) and names_photos:
            yield SetFormat.IMAGE_FOLDER, path
        elif not path.lower().endswith(b".jsonl") and table_columns(files, path) is not None:
            yield SetFormat.CSV, path


def _why_unreadable(files: SetFiles, path: bytes, head: bytes) -> str | None:
    if not head.strip():
        return "it is empty, or cannot be read"
    try:
        if is_parquet(path):
            parquet_columns(files, path)
    except InputError as error:
        return error.message
    return None


def _kinds_of_text(files: SetFiles) -> Iterator[tuple[SetFormat, bytes]]:
    labels = YoloLabels(files, Problems())
    for path in labels.paths()[:_LOOKED_INTO]:
        head = files.head(path)
        if looks_like_wider_face(head):
            yield SetFormat.WIDER_FACE, path
        elif looks_like_yolo(head):
            yield SetFormat.YOLO, path


def _kind_of_json(files: SetFiles, path: bytes, damaged: dict[bytes, str]) -> SetFormat | None:
    """By the first values of a file; None for another kind, or for what cannot be read."""
    first, why = _first_values(files, path)
    if not first:
        if why:
            damaged[path] = why
        return None
    key, element = first[0]
    if key is None:
        if looks_like_label_studio(element):
            return SetFormat.LABEL_STUDIO
        return SetFormat.CREATEML if looks_like_createml(element) else None
    if any(looks_like_coco(*each) for each in first) and "images" in _keys(files, path, first):
        return SetFormat.COCO
    return SetFormat.WEBDATASET if looks_like_sample(files.head(path)) else None


def _keys(files: SetFiles, path: bytes, first: Sequence[tuple[str | None, Any]]) -> set[str | None]:
    """The names in the outermost object; reads a file to its end only where its pictures stand there."""
    keys = {key for key, _ in first}
    if "images" in keys:
        return keys
    try:
        with closing(files.open(path)) as stream:
            for key, _ in stream_json(stream):
                keys.add(key)
                if key == "images":
                    break
    except (BadJsonError, InputError):
        pass
    except TimeOverError:
        # What it has so far is COCO's; the pictures may follow.
        keys.add("images")
    return keys


def _first_values(files: SetFiles, path: bytes) -> tuple[list[tuple[str | None, Any]], str]:
    """The first values of a file, and what is wrong with it after them."""
    found: list[tuple[str | None, Any]] = []
    try:
        with closing(files.open(path)) as stream:
            found.extend(islice(stream_json(stream), 12))
    except BadJsonError as error:
        return found, str(error)
    except InputError as error:
        return found, error.message
    return found, ""
