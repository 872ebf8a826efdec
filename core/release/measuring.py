"""Figures of detection on annotated photos: AP a label and a face size, with bootstrap intervals."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from core.release.average_precision import (
    Matches,
    PhotoBoxes,
    Precision,
    SizeRange,
    average_precision,
    match,
)
from models.label import Label

SIZES = {
    "all": SizeRange(),
    "16-32": SizeRange(smallest=16, largest=32),
    "32-64": SizeRange(smallest=32, largest=64),
    "64+": SizeRange(smallest=64),
    "32+": SizeRange(smallest=32),
}
RESAMPLES = 300


class Task(StrEnum):
    """What is told apart: three labels, two, or faces from all else."""

    THREE = "three"
    #: `incorrect` counts as `without_mask`: who must know whether a mask protects asks this question.
    TWO = "two"
    FACE = "face"


#: For each task the classes, each a set of labels whose probabilities add up.
CLASSES: dict[Task, dict[str, tuple[Label, ...]]] = {
    Task.THREE: {label.value: (label,) for label in (Label.WITH_MASK, Label.WITHOUT_MASK, Label.INCORRECT)},
    Task.TWO: {"with_mask": (Label.WITH_MASK,), "without_mask": (Label.WITHOUT_MASK, Label.INCORRECT)},
    Task.FACE: {"face": (Label.WITH_MASK, Label.WITHOUT_MASK, Label.INCORRECT)},
}


@dataclass(frozen=True, kw_only=True)
class MeasuredPhoto:
    """Truth and detections of one photo; boxes (n, 4) in pixels, probabilities (n, 4) as `Label`."""

    truth: NDArray[np.floating]
    labels: tuple[Label, ...]
    boxes: NDArray[np.floating]
    probabilities: NDArray[np.floating]
    #: The face detector's scores (n,).
    face_scores: NDArray[np.floating]


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A figure and the 95 % interval that resampling photos gives."""

    value: float
    low: float
    high: float


def ranking_scores(photo: MeasuredPhoto, labels: tuple[Label, ...]) -> NDArray[np.float64]:
    """How sure detection is that each box is a face of these labels, float64 (n,).

    The classifier's probability, which already says how likely it is a face at all, times the square root of
    the detector's score.
    """
    columns = [list(Label).index(label) for label in labels]
    of_labels: NDArray[np.float64] = photo.probabilities[:, columns].sum(axis=1, dtype=np.float64)
    return of_labels * np.sqrt(photo.face_scores)


def match_photos(photos: Sequence[MeasuredPhoto], task: Task, sizes: SizeRange) -> dict[str, list[Matches]]:
    """Each class's matches, a photo at a time: every box stands once, in the class it is surest of."""
    classes = CLASSES[task]
    matches: dict[str, list[Matches]] = {name: [] for name in classes}
    for photo in photos:
        scores = np.stack([ranking_scores(photo, labels) for labels in classes.values()], axis=1)
        surest = scores.argmax(axis=1)
        for index, (name, labels) in enumerate(classes.items()):
            chosen = surest == index
            truth = photo.truth[[label in labels for label in photo.labels]]
            boxes = PhotoBoxes(truth=truth, detected=photo.boxes[chosen], scores=scores[chosen, index])
            matches[name].append(match(boxes, sizes))
    return matches


def precisions(matches: dict[str, list[Matches]]) -> dict[str, Precision]:
    """AP and recall of each class."""
    return {name: average_precision(of_class) for name, of_class in matches.items()}


def mean_interval(matches: dict[str, list[Matches]], *, seed: int = 1) -> Interval:
    """Mean AP over the classes, with the interval that drawing photos anew gives."""
    rng = np.random.default_rng(seed)
    count = len(next(iter(matches.values())))
    means = [_mean(matches, rng.integers(count, size=count)) for _ in range(RESAMPLES)]
    known = [mean for mean in means if not np.isnan(mean)] or [float("nan")]
    low, high = np.percentile(known, [2.5, 97.5])
    return Interval(value=_mean(matches, np.arange(count)), low=float(low), high=float(high))


def _mean(matches: dict[str, list[Matches]], chosen: NDArray[np.int64]) -> float:
    averages = [average_precision([of_class[at] for at in chosen]).average for of_class in matches.values()]
    return float(np.mean(averages))
