"""Pascal VOC annotations as LabelImg writes them: the boxes that people drew on a photo."""

import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from models.label import Label

PHOTO_ENDINGS = (".jpg", ".jpeg", ".png", ".webp", ".bmp")
#: Other data sets' words for the labels.
LABEL_WORDS = {
    "with_mask": Label.WITH_MASK,
    "mask": Label.WITH_MASK,
    "face_mask": Label.WITH_MASK,
    "without_mask": Label.WITHOUT_MASK,
    "no_mask": Label.WITHOUT_MASK,
    "face": Label.WITHOUT_MASK,
    "incorrect": Label.INCORRECT,
    "incorrect_mask": Label.INCORRECT,
    "mask_weared_incorrect": Label.INCORRECT,
    "mask_worn_incorrectly": Label.INCORRECT,
}


@dataclass(frozen=True, kw_only=True)
class AnnotatedPhoto:
    """A photo's file, the boxes on it, float32 (n, 4) corners in pixels, and one label a box."""

    path: Path
    boxes: NDArray[np.float32]
    labels: tuple[Label, ...]


def read_annotations(photos: Path, annotations: Path) -> Iterator[AnnotatedPhoto]:
    """Read every .xml of a folder, sorted by name; InputError for what cannot be understood."""
    by_stem = {path.stem: path for path in photos.iterdir() if path.suffix.lower() in PHOTO_ENDINGS}
    files = sorted(annotations.glob("*.xml"))
    if not files:
        raise InputError("no_annotations", f"There is no .xml file in {annotations}.")
    for file in files:
        if file.stem not in by_stem:
            raise InputError("photo_missing", f"{file.name} has no photo in {photos}.")
        yield _read(file, by_stem[file.stem])


def _read(file: Path, photo: Path) -> AnnotatedPhoto:
    try:
        # expat, which reads it, refuses entity bombs; the files are the user's own.
        objects = list(ElementTree.parse(file).getroot().iter("object"))  # noqa: S314
        boxes = [_box(entry) for entry in objects]
        labels = tuple(LABEL_WORDS[_text(entry, "name").strip().lower()] for entry in objects)
    except (ElementTree.ParseError, KeyError, ValueError) as error:
        raise InputError("bad_annotation", f"{file.name} is not understood: {error}.") from error
    return AnnotatedPhoto(path=photo, boxes=np.array(boxes, np.float32).reshape(-1, 4), labels=labels)


def _box(entry: ElementTree.Element) -> list[float]:
    return [float(_text(entry, f"bndbox/{side}")) for side in ("xmin", "ymin", "xmax", "ymax")]


def _text(entry: ElementTree.Element, path: str) -> str:
    text = entry.findtext(path)
    if text is None:
        raise ValueError(f"an object has no {path}")
    return text
