"""Read the text files of WIDER FACE: a photo's path, a number, then as many lines of boxes."""

import io
from collections.abc import Iterator

from core.datasets.importing.formats.fields import box_of_corner, number
from core.datasets.importing.formats.record import Problem, Problems, SetRecord, photo_path, split_of_file
from core.datasets.importing.formats.set_files import SetFiles
from core.errors import InputError
from core.labels.annotation import AnnotatedObject, Annotation
from core.labels.text_encoding import decode_text, guess_encoding
from core.library.files.names import is_photo_name

#: The set has no labels: its faces are faces without a label, unless the words are given a meaning.
FACE_WORD = "unlabelled"
INVALID_WORD = "invalid_face"
#: Place of the mark of faces that its annotators gave up, after x, y, width, height.
_INVALID = 7
_SIDES = 4
_MOST_FACES = 100_000
#: Of a number that is read at all.
_MOST_DIGITS = 18


def looks_like_wider_face(head: bytes) -> bool:
    """Whether a text file begins with a photo's path, a number, and a line of numbers."""
    path, count, third = [*(line.strip() for line in decode_text(head).splitlines()[:3]), "", "", ""][:3]
    if not _is_photo(path) or not count.isdecimal():
        return False
    if not count.strip("0") and (not third or _is_photo(third)):
        # Some tools leave out the line of zeros of a photo without a face.
        return True
    numbers = third.split()[:_SIDES]
    return len(numbers) == _SIDES and all(number(each) is not None for each in numbers)


def _is_photo(line: str) -> bool:
    return is_photo_name(line.encode("utf-8", "surrogateescape"))


def read_wider_face(files: SetFiles, sources: list[bytes], problems: Problems) -> Iterator[SetRecord]:
    """One record a photo."""
    for source in sources:
        try:
            encoding = guess_encoding(files.head(source))
            with io.TextIOWrapper(files.open(source), encoding, "replace") as stream:
                yield from _read(source, (line.strip() for line in stream), problems)
        except InputError as error:
            problems.add(Problem.FILE_BAD, source, error.message)


def _read(source: bytes, lines: Iterator[str], problems: Problems) -> Iterator[SetRecord]:
    line: str | None = next(lines, None)
    while line is not None:
        if not _is_photo(line):
            if line:
                problems.add(Problem.RECORD_BAD, source, f"a line that is no path: {line[:40]}")
            line = next(lines, None)
            continue
        path, count = photo_path(source, line), next(lines, "")
        if path is None or not _is_count(count):
            problems.add(Problem.RECORD_BAD, source, f"no number of faces after {line[:80]}")
            line = count or next(lines, None)
            continue
        objects, line = _objects(lines, int(count))
        if len(objects) < int(count):
            problems.cut(source, f"fewer boxes than it says for {path.decode('utf-8', 'replace')[-80:]}")
        yield SetRecord(
            photo=path,
            source=source,
            annotation=Annotation(objects=tuple(objects)),
            split=split_of_file(source),
        )


def _is_count(line: str) -> bool:
    return line.isdecimal() and len(line) <= _MOST_DIGITS and int(line) <= _MOST_FACES


def _objects(lines: Iterator[str], count: int) -> tuple[list[AnnotatedObject], str | None]:
    """As many boxes as follow, at most `count`, and the line after them."""
    objects: list[AnnotatedObject] = []
    line = next(lines, None)
    # A photo without a face has one line of zeros.
    if count == 0 and line is not None and not _is_photo(line):
        return [], next(lines, None)
    while line is not None and len(objects) < count and not _is_photo(line):
        objects.append(_object(line.split()))
        line = next(lines, None)
    return objects, line


def _object(said: list[str]) -> AnnotatedObject:
    """A face; some tools write a word in the place of its attributes."""
    fields = [number(each) for each in said]
    is_invalid = len(fields) > _INVALID and fields[_INVALID] == 1
    named = said[-1] if len(said) > _SIDES and fields[-1] is None else FACE_WORD
    corners = (fields + [None] * _SIDES)[:_SIDES]
    return box_of_corner(INVALID_WORD if is_invalid else named, *corners)
