"""Metrics that the card reports: average precision on whole photos, accuracy and F1 on crops."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from core.detection.classifier import softmax
from core.evaluation.average_precision import (
    MATCH_OVERLAP,
    Matches,
    PhotoBoxes,
    Precision,
    SizeRange,
    average_precision,
    match,
)
from core.evaluation.confusion import ScoredFaces
from core.evaluation.metrics import LabelMetrics, compute_metrics
from core.training.metrics import expected_calibration_error
from core.training.network.canvas import CanvasStore
from models.label import Label
from models.split import Split

SIZES = {
    "all": SizeRange(),
    "16-32": SizeRange(smallest=16, largest=32),
    "32-64": SizeRange(smallest=32, largest=64),
    "64+": SizeRange(smallest=64),
    "32+": SizeRange(smallest=32),
}
RESAMPLES = 300


class Task(StrEnum):
    """The classes of an evaluation: three labels, two, or faces of any label."""

    THREE = "three"
    #: `incorrect` counts as `without_mask`, for users who need to know whether a mask protects.
    TWO = "two"
    FACE = "face"


#: The classes of each task, each a set of labels whose probabilities are summed.
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
    """A value and its 95 % bootstrap interval over photos."""

    value: float
    low: float
    high: float


def ranking_scores(photo: MeasuredPhoto, labels: tuple[Label, ...]) -> NDArray[np.float64]:
    """The score by which each box is ranked for these labels, float64 (n,): detector score x probability."""
    columns = [list(Label).index(label) for label in labels]
    of_labels: NDArray[np.float64] = photo.probabilities[:, columns].sum(axis=1, dtype=np.float64)
    return of_labels * photo.face_scores


def match_photos(
    photos: Sequence[MeasuredPhoto], task: Task, sizes: SizeRange, overlap: float = MATCH_OVERLAP
) -> dict[str, list[Matches]]:
    """Each class's matches, photo by photo; every box is a detection of every class, as the field counts."""
    matches: dict[str, list[Matches]] = {}
    for name, labels in CLASSES[task].items():
        matches[name] = []
        for photo in photos:
            truth = photo.truth[[label in labels for label in photo.labels]]
            scores = ranking_scores(photo, labels)
            boxes = PhotoBoxes(truth=truth, detected=photo.boxes, scores=scores)
            matches[name].append(match(boxes, sizes, overlap))
    return matches


def precisions(matches: dict[str, list[Matches]]) -> dict[str, Precision]:
    """AP and recall of each class."""
    return {name: average_precision(of_class) for name, of_class in matches.items()}


def mean_interval(matches: dict[str, list[Matches]], *, seed: int = 1) -> Interval:
    """Mean AP over the classes, with its bootstrap interval over photos."""
    rng = np.random.default_rng(seed)
    count = len(next(iter(matches.values())))
    means = [_mean(matches, rng.integers(count, size=count)) for _ in range(RESAMPLES)]
    known = [mean for mean in means if not np.isnan(mean)] or [float("nan")]
    low, high = np.percentile(known, [2.5, 97.5])
    return Interval(value=_mean(matches, np.arange(count)), low=float(low), high=float(high))


def _mean(matches: dict[str, list[Matches]], chosen: NDArray[np.int64]) -> float:
    averages = [
        average_precision([of_class[index] for index in chosen]).average for of_class in matches.values()
    ]
    return float(np.mean(averages))


@dataclass(frozen=True, kw_only=True)
class CropMetrics:
    """Metrics on crops of one split: overall, recall by label, accuracy by source, and all by face size."""

    count: int
    accuracy: float | None
    calibration_error: float
    recall: dict[str, float | None]
    by_source: dict[str, float | None]
    by_size: dict[str, dict[str, object]]


def crop_metrics(
    logits: NDArray[np.floating], temperature: float, canvases: CanvasStore, chosen: NDArray[np.int64]
) -> CropMetrics:
    """Metrics of logits (n, 4) on the chosen canvases (n,)."""
    labels, sources = canvases.labels[chosen], canvases.sources[chosen]
    probabilities = softmax(logits, temperature)
    right = probabilities.argmax(axis=1) == labels
    return CropMetrics(
        count=len(chosen),
        accuracy=_share(right),
        calibration_error=round(expected_calibration_error(probabilities, labels), 4),
        recall={label.value: _share(right[labels == index]) for index, label in enumerate(Label)},
        by_source={str(source): _share(right[sources == source]) for source in np.unique(sources)},
        by_size=_by_size(probabilities, canvases, chosen),
    )


def _by_size(
    probabilities: NDArray[np.floating], canvases: CanvasStore, chosen: NDArray[np.int64]
) -> dict[str, dict[str, object]]:
    """Macro F1, and each label's precision, recall and F1, by face size; intervals resample pictures."""
    scored = ScoredFaces(
        probabilities=np.asarray(probabilities, np.float64),
        labels=canvases.labels[chosen],
        photos=canvases.pictures[chosen],
    )
    sizes, found = canvases.face_sizes[chosen], dict[str, dict[str, object]]()
    for name, size in SIZES.items():
        within = (sizes >= size.smallest) & (sizes < size.largest)
        if within.any():
            metrics = compute_metrics(scored[within])
            found[name] = {
                "count": metrics.faces,
                "macro_f1": asdict(metrics.macro_f1),
                "labels": {each.label: _of_label(each) for each in metrics.labels},
            }
    return found


def _of_label(metrics: LabelMetrics) -> dict[str, float | int | None]:
    return {
        "count": metrics.faces,
        "precision": metrics.precision.value,
        "recall": metrics.recall.value,
        "f1": metrics.f1.value,
    }


def photo_metrics(photos: Sequence[MeasuredPhoto]) -> dict[str, dict[str, object]]:
    """AP and recall per class, and the mean AP with its interval, by task and face size; for JSON."""
    return {task.value: {name: _cell(photos, task, name) for name in SIZES} for task in Task}


def _cell(photos: Sequence[MeasuredPhoto], task: Task, size: str) -> dict[str, object]:
    matches = match_photos(photos, task, SIZES[size])
    classes = {
        name: {"ap": _rounded(found.average), "recall": _rounded(found.recall), "boxes": found.truth}
        for name, found in precisions(matches).items()
    }
    mean = {name: _rounded(value) for name, value in asdict(mean_interval(matches)).items()}
    return {"mean": mean, "classes": classes}


def counts_of(canvases: CanvasStore) -> dict[str, dict[str, int]]:
    """Crops by source and split, for the card."""
    return {
        str(source): {
            split.value: int(((canvases.sources == source) & (canvases.splits == split)).sum())
            for split in Split
        }
        for source in np.unique(canvases.sources)
    }


def _share(right: NDArray[np.bool_]) -> float | None:
    return _rounded(float(right.mean())) if len(right) else None


def _rounded(value: float) -> float | None:
    """The value to four places; None for NaN, which JSON cannot hold."""
    return None if np.isnan(value) else round(value, 4)
