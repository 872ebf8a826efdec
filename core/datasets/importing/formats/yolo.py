"""Read YOLO labels: a text file a photo, with boxes as shares of the picture, in both layouts of the field.

Ultralytics names its classes in `data.yaml`; Darknet in `obj.names`, many tools in `classes.txt`.
"""

from dataclasses import replace

import yaml

from core.datasets.importing.formats.fields import box_around, box_of_middle, mapping, number, text
from core.datasets.importing.formats.record import Problem, Problems, SetRecord, split_of_folders, split_word
from core.datasets.importing.formats.set_files import SetFiles
from core.errors import InputError
from core.labels.annotation import AnnotatedObject, Annotation, ObjectProblem, annotated_object
from core.labels.text_encoding import decode_text

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
        self._posed = self._has_yaml = False
        for path in files.ending(b".names", b".txt"):
            if path.decode("utf-8", "replace").casefold().endswith(_NAMES):
                self._words.setdefault(_folder(path), self._read_names(path))
        for path in files.ending(b".yaml", b".yml"):
            words = self._read_yaml(path)
            if words:
                self._words[_folder(path)], self._has_yaml = words, True

    @property
    def names_classes(self) -> bool:
        """Whether a `data.yaml` names classes, as only sets of YOLO have it."""
        return self._has_yaml

    def paths(self) -> list[bytes]:
        """The files that may be labels of photos."""
        return [path for path in self._files.ending(b".txt") if not _is_other(path)]

    def read(self, path: bytes) -> SetRecord:
        """The labels in one file. Raises InputError bad_annotation for a file of something else."""
        words = self._words_near(path)
        lines = [line.split() for line in decode_text(self._files.read(path)).splitlines() if line.strip()]
        if lines and not any(_begins_with_class(fields) for fields in lines):
            raise InputError(
                "bad_annotation",
                "The text file has no YOLO labels: no line begins with a class number.",
            )
        objects = [self._object(path, fields, words) for fields in lines]
        return SetRecord(
            photo=path,
            source=path,
            annotation=Annotation(objects=tuple(objects), is_relative=True),
            split=split_of_folders(path),
        )

    def _object(self, path: bytes, fields: list[str], words: list[str]) -> AnnotatedObject:
        if not _begins_with_class(fields):
            return annotated_object(fields[0], (None, None, None, None))
        numbers = [number(each) for each in fields[1:]]
        place = int(float(fields[0]))
        word = words[place] if place < len(words) else fields[0]
        if len(numbers) in (4, 5) or (self._posed and len(numbers) > 5):
            made = box_of_middle(word, numbers[0], numbers[1], numbers[2], numbers[3])
            return _inside(replace(made, score=numbers[4] if len(numbers) == 5 else None))
        if len(numbers) >= 6 and len(numbers) % 2 == 0:
            self._problems.add(Problem.SHAPE_REDUCED, path)
            return _inside(box_around(word, numbers[::2], numbers[1::2]))
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
            lines = decode_text(self._files.read(path)).splitlines()
        except InputError as error:
            self._problems.add(Problem.FILE_BAD, path, error.message)
            return []
        while lines and not lines[-1].strip():
            lines.pop()
        return [line.strip() for line in lines]

    def _read_yaml(self, path: bytes) -> list[str]:
        try:
            said = mapping(yaml.safe_load(decode_text(self._files.read(path))))
        except (yaml.YAMLError, ValueError, RecursionError, InputError) as error:
            self._problems.add(Problem.FILE_BAD, path, str(error).partition("\n")[0])
            return []
        self._posed = self._posed or "kpt_shape" in said
        return _class_names(said.get("names"))


def _begins_with_class(fields: list[str]) -> bool:
    place = number(fields[0])
    return place is not None and place.is_integer() and place >= 0


def _inside(made: AnnotatedObject) -> AnnotatedObject:
    """A box in shares that are none, such as pixels, lies outside its photo."""
    box = made.box
    is_outside = box is not None and (max(box.x1, box.y1) >= 1 or min(box.x2, box.y2) <= 0)
    return replace(made, problem=made.problem or ObjectProblem.BOX_OUTSIDE) if is_outside else made


def _class_names(names: object) -> list[str]:
    """Names by number, from a list or from a mapping of numbers."""
    if isinstance(names, list):
        return [text(each) or "" for each in names]
    numbers = {number(key): text(name) or "" for key, name in mapping(names).items()}
    known = {int(key): name for key, name in numbers.items() if key is not None and 0 <= key < 10_000}
    return [known.get(place, str(place)) for place in range(max(known, default=-1) + 1)]


def looks_like_yolo(head: bytes) -> bool:
    """Whether the beginning of a text file has mostly lines of YOLO: a class, then shares."""
    *lines, last = decode_text(head).splitlines() or [""]
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
