"""What the card says of a classifier: figures on crops and on whole photos it never saw."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from core.detection.classifier import softmax
from core.evaluation.confusion import ScoredFaces
from core.evaluation.metrics import LabelMetrics, measure
from core.release.measuring import (
    SIZES,
    MeasuredPhoto,
    Task,
    match_photos,
    mean_interval,
    precisions,
)
from core.training.metrics import expected_calibration_error
from core.training.network.canvas import CanvasStore
from models.label import Label
from models.split import Split


@dataclass(frozen=True, kw_only=True)
class CropFigures:
    """Figures on crops of one split: over all, a label (recall), a folder, and a face size."""

    count: int
    accuracy: float | None
    calibration_error: float
    recall: dict[str, float | None]
    by_source: dict[str, float | None]
    by_size: dict[str, dict[str, object]]


def crop_figures(
    logits: NDArray[np.floating], temperature: float, canvases: CanvasStore, chosen: NDArray[np.int64]
) -> CropFigures:
    """Figures of logits (n, 4) on the chosen canvases (n,)."""
    labels, sources = canvases.labels[chosen], canvases.sources[chosen]
    probabilities = softmax(logits, temperature)
    right = probabilities.argmax(axis=1) == labels
    return CropFigures(
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
    """Macro F1, and each label's precision, recall and F1, a face size; intervals draw pictures anew."""
    scored = ScoredFaces(
        probabilities=np.asarray(probabilities, np.float64),
        labels=canvases.labels[chosen],
        photos=canvases.pictures[chosen],
    )
    sizes, found = canvases.face_sizes[chosen], dict[str, dict[str, object]]()
    for name, size in SIZES.items():
        within = (sizes >= size.smallest) & (sizes < size.largest)
        if within.any():
            figures = measure(scored[within])
            found[name] = {
                "count": figures.faces,
                "macro_f1": asdict(figures.macro_f1),
                "labels": {each.label: _of_label(each) for each in figures.labels},
            }
    return found


def _of_label(figures: LabelMetrics) -> dict[str, float | int | None]:
    return {
        "count": figures.faces,
        "precision": figures.precision.value,
        "recall": figures.recall.value,
        "f1": figures.f1.value,
    }


def photo_figures(photos: Sequence[MeasuredPhoto]) -> dict[str, dict[str, object]]:
    """For each task and face size: AP and recall a class, and the mean with its interval; for JSON."""
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
    """JSON has no "not a number": where there is nothing to measure stands null."""
    return None if np.isnan(value) else round(value, 4)
