"""Read YOLO labels: a text file a photo, with boxes as shares of the picture, in both layouts of the field.

Ultralytics names its classes in `data.yaml`; Darknet in `obj.names`, many tools in `classes.txt`.
"""

from dataclasses import replace

import yaml

from core.datasets.importing.formats.fields import box_around, box_of_middle, mapping, number, text
from core.datasets.importing.formats.record import Problem, Problems, SetRecord, split_of_folders, split_word
from core.datasets.importing.formats.set_files import SetFiles
from core.errors import InputError
from core.labels.annotation import AnnotatedObject, Annotation, annotated_object

#: Text files that are no labels: lists of classes and of photos, and what tools say about themselves.
_NO_LABELS = frozenset(
    (
        "classes", "obj", "predefined_classes", "names", "labels", "trainval", "notes", "license", "licence",
        "requirements",
    )
)  # fmt: skip
_NAMES = (".names", "classes.txt", "predefined_classes.txt", "labels.txt", "names.txt")


class YoloLabels:
    """The classes of a set, by the folder that names them, and whether its labels have key points."""

    def __init__(self, files: SetFiles, problems: Problems) -> None:
        self._files, self._problems = files, problems
        self._words: dict[bytes, list[str]] = {}
        self._posed = False
        for path in files.ending(b".names", b".txt"):
            if path.decode("utf-8", "replace").casefold().endswith(_NAMES):
                self._words.setdefault(_folder(path), self._read_names(path))
        for path in files.ending(b".yaml", b".yml"):
            words = self._read_yaml(path)
            if words:
                self._words[_folder(path)] = words

    @property
    def has_words(self) -> bool:
        """Whether any file names classes."""
        return bool(self._words)

    def paths(self) -> list[bytes]:
        """The files that may be labels of photos."""
        return [path for path in self._files.ending(b".txt") if not _is_other(path)]

    def read(self, path: bytes) -> SetRecord:
        """The labels in one file. Raises InputError bad_annotation for a file of something else."""
        words = self._words_near(path)
        lines = self._files.read(path).decode("utf-8-sig", "replace").splitlines()
        objects = [self._object(path, line.split(), words) for line in lines if line.strip()]
        return SetRecord(
            photo=path,
            source=path,
            annotation=Annotation(objects=tuple(objects), is_relative=True),
            split=split_of_folders(path),
        )

    def _object(self, path: bytes, fields: list[str], words: list[str]) -> AnnotatedObject:
        numbers = [number(each) for each in fields[1:]]
        place = number(fields[0])
        if place is None or not place.is_integer() or place < 0:
            raise InputError(
                "bad_annotation", "The text file has no YOLO labels: a line does not begin with a class."
            )
        word = words[int(place)] if place < len(words) else fields[0]
        if len(numbers) in (4, 5) or (self._posed and len(numbers) > 5):
            made = box_of_middle(word, numbers[0], numbers[1], numbers[2], numbers[3])
            return replace(made, score=numbers[4] if len(numbers) == 5 else None)
        if len(numbers) >= 6 and len(numbers) % 2 == 0:
            self._problems.add(Problem.SHAPE_REDUCED, path)
            return box_around(word, numbers[::2], numbers[1::2])
        return annotated_object(word, (None, None, None, None))

    def _words_near(self, path: bytes) -> list[str]:
        """The classes named in the nearest folder above, else in the only folder that names some."""
        folder = path
        while folder:
            folder = folder.rpartition(b"/")[0]
            if folder in self._words:
                return self._words[folder]
        return next(iter(self._words.values())) if len(self._words) == 1 else []

    def _read_names(self, path: bytes) -> list[str]:
        try:
            lines = self._files.read(path).decode("utf-8-sig", "replace").splitlines()
        except InputError as error:
            self._problems.add(Problem.FILE_BAD, path, error.message)
            return []
        while lines and not lines[-1].strip():
            lines.pop()
        return [line.strip() for line in lines]

    def _read_yaml(self, path: bytes) -> list[str]:
        try:
            said = mapping(yaml.safe_load(self._files.read(path)))
        except (yaml.YAMLError, ValueError, RecursionError, InputError) as error:
            self._problems.add(Problem.FILE_BAD, path, str(error).partition("\n")[0])
            return []
        self._posed = self._posed or "kpt_shape" in said
        return _class_names(said.get("names"))


def _class_names(names: object) -> list[str]:
    """Names by number, from a list or from a mapping of numbers."""
    if isinstance(names, list):
        return [text(each) or "" for each in names]
    numbers = {number(key): text(name) or "" for key, name in mapping(names).items()}
    known = {int(key): name for key, name in numbers.items() if key is not None and 0 <= key < 10_000}
    return [known.get(place, str(place)) for place in range(max(known, default=-1) + 1)]


def looks_like_yolo(head: bytes) -> bool:
    """Whether the beginning of a text file has mostly lines of YOLO: a class, then shares."""
    *lines, last = head.decode("utf-8-sig", "replace").splitlines() or [""]
    if len(head) < 2**16:
        lines.append(last)
    rows = [line.split() for line in lines[:20] if line.strip()]
    return 2 * sum(_is_row(row) for row in rows) > len(rows)


def _is_row(row: list[str]) -> bool:
    numbers = [number(each) for each in row]
    if len(row) < 5 or not row[0].isdecimal():
        return False
    # Annotators draw a little beyond the picture.
    return all(each is not None and -0.5 <= each <= 1.5 for each in numbers[1:5])


def _is_other(path: bytes) -> bool:
    name = path.rpartition(b"/")[2].decode("utf-8", "replace").casefold().removesuffix(".txt")
    return name in _NO_LABELS or name.startswith("readme") or split_word(name) is not None


def _folder(path: bytes) -> bytes:
    return path.rpartition(b"/")[0]
