"""Photos with Pascal VOC annotations, as arrays for training and evaluation."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from core.labels.annotation import LabelledBox
from core.labels.label_words import read_label
from core.labels.voc import read_voc
from models.label import Label

PHOTO_ENDINGS = (".jpg", ".jpeg", ".png", ".webp", ".bmp")


@dataclass(frozen=True, kw_only=True)
class AnnotatedPhoto:
    """A photo's file, its boxes, float32 (n, 4) corners in pixels, and one label per box."""

    path: Path
    boxes: NDArray[np.float32]
    labels: tuple[Label, ...]


def read_annotations(photos: Path, annotations: Path) -> Iterator[AnnotatedPhoto]:
    """Read every .xml of a folder, sorted by name.

    Raises InputError no_annotations, photo_missing, bad_annotation.
    """
    by_stem = {path.stem: path for path in photos.iterdir() if path.suffix.lower() in PHOTO_ENDINGS}
    files = sorted(annotations.glob("*.xml"))
    if not files:
        raise InputError("no_annotations", f"There is no .xml file in {annotations}.")
    for file in files:
        if file.stem not in by_stem:
            raise InputError("photo_missing", f"{file.name} has no photo in {photos}.")
        yield _read(file, by_stem[file.stem])


def _read(file: Path, photo: Path) -> AnnotatedPhoto:
    found = _labelled_boxes(file)
    if any(each.label is Label.NOT_A_FACE for each in found):
        raise InputError("bad_annotation", f"{file.name} has a box that is not a face.")
    boxes = [(each.box.x1, each.box.y1, each.box.x2, each.box.y2) for each in found]
    return AnnotatedPhoto(
        path=photo,
        boxes=np.array(boxes, np.float32).reshape(-1, 4),
        labels=tuple(each.label for each in found),
    )


def _labelled_boxes(file: Path) -> list[LabelledBox]:
    """All objects of a file; training needs every face, so one that cannot be used is an error."""
    found = []
    for each in read_voc(file.read_bytes(), name=file.name).objects:
        word = read_label(each.word)
        if each.problem is not None or each.box is None:
            raise InputError("bad_annotation", f"{file.name} has an unusable object: {each.problem}.")
        if word is None:
            raise InputError("bad_annotation", f"{file.name}: {each.word!r} is not a known label.")
        found.append(LabelledBox(box=each.box, label=word.label, mask_kind=word.mask_kind))
    return found
