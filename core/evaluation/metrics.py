"""All metrics of a classifier version on one test set."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from core.evaluation.confusion import (
    LABELS,
    ScoredFaces,
    accuracy,
    count_confusion,
    f1,
    macro_f1,
    precision,
    recall,
)
from core.evaluation.curves import Curve, Reliability, measure_reliability, precision_recall_curves
from core.evaluation.intervals import Metric, resample_confusions, with_intervals
from core.evaluation.slices import Slice


@dataclass(frozen=True, kw_only=True)
class LabelMetrics:
    """Metrics of one label; `faces` is the number of faces with that label."""

    label: str
    faces: int
    precision: Metric
    recall: Metric
    f1: Metric


@dataclass(frozen=True, kw_only=True)
class SliceMetrics:
    """Metrics of one slice of the test set."""

    by: str
    name: str
    faces: int
    accuracy: Metric
    macro_f1: Metric
    #: Recall by label; None where the slice has no face with that label.
    recall: dict[str, float | None]
    #: Faces by label; evaluations of earlier releases lack it.
    label_faces: dict[str, int]


@dataclass(frozen=True, kw_only=True)
class EvaluationMetrics:
    """All metrics, with 95% bootstrap intervals over photos."""

    faces: int
    accuracy: Metric
    macro_f1: Metric
    labels: list[LabelMetrics]
    #: Faces by true (row) and predicted (column) label, in the order of `labels`.
    confusion: list[list[int]]
    curves: list[Curve]
    reliability: Reliability
    parts: list[SliceMetrics]
    #: Labels that the version does not predict: their faces count as wrong. Earlier releases lack it.
    unpredicted: list[str]

    def to_json(self) -> dict[str, Any]:
        """As `Evaluation.metrics` stores it."""
        return asdict(self)


def compute_metrics(scored: ScoredFaces, slices: Sequence[Slice] = ()) -> EvaluationMetrics:
    """Metrics of scored test faces, and of each slice of them."""
    confusion, resampled = count_confusion(scored), resample_confusions(scored)
    by_label = zip(
        LABELS,
        confusion.sum(axis=1).tolist(),
        with_intervals(precision, confusion, resampled),
        with_intervals(recall, confusion, resampled),
        with_intervals(f1, confusion, resampled),
        strict=True,
    )
    return EvaluationMetrics(
        faces=len(scored),
        accuracy=with_intervals(accuracy, confusion, resampled)[0],
        macro_f1=with_intervals(macro_f1, confusion, resampled)[0],
        labels=[
            LabelMetrics(label=label.value, faces=faces, precision=of_precision, recall=of_recall, f1=of_f1)
            for label, faces, of_precision, of_recall, of_f1 in by_label
        ],
        confusion=confusion.tolist(),
        curves=precision_recall_curves(scored),
        reliability=measure_reliability(scored),
        unpredicted=[label.value for label in scored.unpredicted],
        parts=[_slice_metrics(scored[each.chosen], each) for each in slices],
    )


def _slice_metrics(scored: ScoredFaces, of: Slice) -> SliceMetrics:
    confusion, resampled = count_confusion(scored), resample_confusions(scored)
    recalls = with_intervals(recall, confusion, resampled)
    return SliceMetrics(
        by=of.by,
        name=of.name,
        faces=len(scored),
        accuracy=with_intervals(accuracy, confusion, resampled)[0],
        macro_f1=with_intervals(macro_f1, confusion, resampled)[0],
        recall={label.value: metric.value for label, metric in zip(LABELS, recalls, strict=True)},
        label_faces={
            label.value: int(count) for label, count in zip(LABELS, confusion.sum(axis=1), strict=True)
        },
    )
