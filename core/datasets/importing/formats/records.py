"""Keep what a set says about its photos on disk while it is imported, by the path of the photo."""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from core.datasets.importing.formats.record import SetRecord
from core.detection.face import Box
from core.errors import InputError
from core.labels.annotation import AnnotatedObject, Annotation, ObjectProblem
from core.library.files.names import display_name
from models import Split

_SLICE = 1_000


class RecordStore:
    """Records by path, in a private database that the system deletes when it is closed."""

    def __init__(self, records: Iterable[SetRecord]) -> None:
        self._sources: dict[bytes, int] = {}
        self._names: list[bytes] = []
        #: The path of a record by other paths at which its photo may be.
        self.aliases: dict[bytes, bytes] = {}
        # An empty name is a temporary file; only its newest pages are in memory.
        self._rows = sqlite3.connect("", check_same_thread=False, isolation_level=None)
        self._rows.execute("PRAGMA journal_mode = OFF")
        self._rows.execute("CREATE TABLE part (path BLOB, source INTEGER, said TEXT)")
        self._add(records)
        self._rows.execute("CREATE INDEX ix_part ON part (path)")

    def _add(self, records: Iterable[SetRecord]) -> None:
        rows: list[tuple[bytes, int, str]] = []
        # Names that would be of several photos.
        several: set[bytes] = set()
        self._rows.execute("BEGIN")
        for record in records:
            rows.append((record.photo, self._number(record.source), json.dumps(_to_json(record))))
            for name in record.also_named:
                if self.aliases.setdefault(name, record.photo) != record.photo:
                    several.add(name)
            if len(rows) == _SLICE:
                self._rows.executemany("INSERT INTO part VALUES (?, ?, ?)", rows)
                rows = []
        self._rows.executemany("INSERT INTO part VALUES (?, ?, ?)", rows)
        self._rows.execute("COMMIT")
        for name in several:
            del self.aliases[name]

    def paths(self) -> Iterator[bytes]:
        """Each path with a record once, and the other paths of each."""
        yield from (path for (path,) in self._rows.execute("SELECT DISTINCT path FROM part"))
        yield from self.aliases

    def read(self, path: bytes) -> SetRecord:
        """All that one file says about the photo at a path.

        Raises InputError annotation_ambiguous where several files do, or it has several labels as a whole.
        """
        path = self.aliases.get(path, path)
        rows = self._rows.execute(
            "SELECT source, said FROM part WHERE path = ? ORDER BY rowid", (path,)
        ).fetchall()
        sources = sorted({source for source, _ in rows})
        if len(sources) > 1:
            names = " and ".join(display_name(self._names[each]) for each in sources[:2])
            raise InputError(
                "annotation_ambiguous", f"{len(sources)} files describe this photo, such as {names}."
            )
        parts = [_from_json(json.loads(said), path, self._names[source]) for source, said in rows]
        return _merge(parts)

    def _number(self, source: bytes) -> int:
        if source not in self._sources:
            self._sources[source] = len(self._names)
            self._names.append(source)
        return self._sources[source]


def _merge(parts: list[SetRecord]) -> SetRecord:
    """One record of all parts; an object that is written twice counts once."""
    labels = {each.label for each in parts if each.label is not None}
    if len(labels) > 1:
        words = " and ".join(repr(word) for word in sorted(labels)[:2])
        raise InputError("annotation_ambiguous", f"The photo has several labels, such as {words}.")
    said = [each.annotation for each in parts if each.annotation is not None]
    objects = dict.fromkeys(each for annotation in said for each in annotation.objects)
    sized = next((each for each in said if each.frame is not None), Annotation())
    annotation = Annotation(
        width=sized.width,
        height=sized.height,
        objects=tuple(objects),
        # In pixels if only one of its boxes is.
        is_relative=all(each.is_relative for each in said if each.objects)
        and any(each.is_relative for each in said),
    )
    return replace(
        parts[0],
        annotation=annotation if said else None,
        label=next(iter(labels), None),
        split=next((each.split for each in parts if each.split is not None), None),
        licence=next((each.licence for each in parts if each.licence is not None), None),
    )


def _to_json(record: SetRecord) -> list[Any]:
    said = record.annotation
    annotation = said and [
        said.width,
        said.height,
        said.is_relative,
        [_object_to_json(each) for each in said.objects],
    ]
    return [annotation, record.label, record.split, record.licence]


def _object_to_json(each: AnnotatedObject) -> list[Any]:
    corners = each.box and [each.box.x1, each.box.y1, each.box.x2, each.box.y2]
    return [each.word, corners, each.problem, each.score]


def _from_json(said: list[Any], photo: bytes, source: bytes) -> SetRecord:
    annotation, label, split, licence = said
    return SetRecord(
        photo=photo,
        source=source,
        annotation=None if annotation is None else _annotation(*annotation),
        label=label,
        split=Split(split) if split else None,
        licence=licence,
    )


def _annotation(width: int | None, height: int | None, is_relative: bool, objects: list[Any]) -> Annotation:
    return Annotation(
        width=width,
        height=height,
        is_relative=is_relative,
        objects=tuple(
            AnnotatedObject(
                word=word,
                box=corners and Box(x1=corners[0], y1=corners[1], x2=corners[2], y2=corners[3]),
                problem=problem and ObjectProblem(problem),
                score=score,
            )
            for word, corners, problem, score in objects
        ),
    )
