"""The metrics of one set of photos: AP by task, overlap and size, found faces, and right labels."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.detection.face import overlaps
from core.evaluation.average_precision import SizeRange
from core.number_text import is_too_few
from core.release.metrics import SIZES, MeasuredPhoto, Task, match_photos, precisions
from models.label import Label

OVERLAPS = (0.5, 0.3)
#: Overlap and sizes at which found faces and their labels are counted.
FOUND_OVERLAP, FOUND_SIZES = 0.3, SizeRange(smallest=32)
#: Faces that the classifier rejects have this index as their most probable label.
_NOT_A_FACE = list(Label).index(Label.NOT_A_FACE)
_FACE_LABELS = (Label.WITH_MASK, Label.WITHOUT_MASK, Label.INCORRECT)


@dataclass(frozen=True, kw_only=True)
class World:
    """A set of measured photos."""

    photos: tuple[MeasuredPhoto, ...]


def world_metrics(world: World) -> dict[str, Any]:
    """All metrics of a set, as JSON."""
    return {
        "photos": len(world.photos),
        "ap": {
            str(overlap): {task.value: _by_size(world, task, overlap) for task in Task}
            for overlap in OVERLAPS
        },
        **_counts(world),
    }


def _by_size(world: World, task: Task, overlap: float) -> dict[str, float | None]:
    return {size: _mean_ap(world, task, size, overlap) for size in SIZES}


def _mean_ap(world: World, task: Task, size: str, overlap: float) -> float | None:
    """The mean AP over the classes; None where a class has too few boxes."""
    found = precisions(match_photos(world.photos, task, SIZES[size], overlap)).values()
    if any(is_too_few(each.truth) for each in found):
        return None
    return round(float(np.mean([each.average for each in found])), 4)


def _counts(world: World) -> dict[str, Any]:
    """Found and rejected true faces, and how they are labelled; the table has true labels as rows."""
    table = np.zeros((len(_FACE_LABELS), len(Label)), np.int64)
    missed = 0
    for photo in world.photos:
        counted = FOUND_SIZES.holds(photo.truth)
        said = photo.probabilities.argmax(axis=1) if len(photo.boxes) else np.empty(0, np.int64)
        for index, label, counts in zip(pair_truth(photo), photo.labels, counted, strict=True):
            if counts and index < 0:
                missed += 1
            elif counts:
                table[_FACE_LABELS.index(label), said[index]] += 1
    rejected = int(table[:, _NOT_A_FACE].sum())
    return {
        "faces": int(table.sum()) + missed,
        "missed": missed,
        "rejected": rejected,
        "labels": {label.value: row.tolist() for label, row in zip(_FACE_LABELS, table, strict=True)},
    }


def pair_truth(photo: MeasuredPhoto) -> NDArray[np.int64]:
    """The index of each true box's detection, or -1: best score first, at IoU 0.3; int64 (n,)."""
    pairs = np.full(len(photo.truth), -1, np.int64)
    for index in np.argsort(-photo.face_scores, kind="stable"):
        shared = np.where(pairs < 0, overlaps(photo.boxes[index], photo.truth), 0.0)
        if len(shared) and shared.max() >= FOUND_OVERLAP:
            pairs[int(shared.argmax())] = index
    return pairs
