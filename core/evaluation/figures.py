"""Everything that an evaluation says of a version on one test set."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from core.evaluation.confusion import accuracy, count_confusion, f1, macro_f1, precision, recall
from core.evaluation.curves import Curve, precision_recall_curves
from core.evaluation.interval import Figure, figures_of, resample_confusions
from core.evaluation.reliability import Reliability, measure_reliability
from core.evaluation.scored import LABELS, ScoredFaces
from core.evaluation.slices import Slice


@dataclass(frozen=True, kw_only=True)
class LabelFigures:
    """Figures of one label; `faces` have it in truth."""

    label: str
    faces: int
    precision: Figure
    recall: Figure
    f1: Figure


@dataclass(frozen=True, kw_only=True)
class PartFigures:
    """Figures of one part of the test set."""

    by: str
    name: str
    faces: int
    accuracy: Figure
    macro_f1: Figure
    #: Recall by label; None where the part holds no such face.
    recall: dict[str, float | None]


@dataclass(frozen=True, kw_only=True)
class EvaluationFigures:
    """All figures; intervals are 95 %, from drawing photos anew a thousand times."""

    faces: int
    accuracy: Figure
    macro_f1: Figure
    labels: list[LabelFigures]
    #: Faces by true (row) and predicted (column) label, in the order of `labels`.
    confusion: list[list[int]]
    curves: list[Curve]
    reliability: Reliability
    parts: list[PartFigures]

    def to_json(self) -> dict[str, Any]:
        """As `Evaluation.figures` holds it."""
        return asdict(self)


def measure(scored: ScoredFaces, parts: Sequence[Slice] = ()) -> EvaluationFigures:
    """Measure a version on its test faces, and on each part of them."""
    confusion, resampled = count_confusion(scored), resample_confusions(scored)
    by_label = zip(
        LABELS,
        confusion.sum(axis=1).tolist(),
        figures_of(precision, confusion, resampled),
        figures_of(recall, confusion, resampled),
        figures_of(f1, confusion, resampled),
        strict=True,
    )
    return EvaluationFigures(
        faces=len(scored),
        accuracy=figures_of(accuracy, confusion, resampled)[0],
        macro_f1=figures_of(macro_f1, confusion, resampled)[0],
        labels=[
            LabelFigures(label=label.value, faces=faces, precision=of_precision, recall=of_recall, f1=of_f1)
            for label, faces, of_precision, of_recall, of_f1 in by_label
        ],
        confusion=confusion.tolist(),
        curves=precision_recall_curves(scored),
        reliability=measure_reliability(scored),
        parts=[_part(scored[part.chosen], part) for part in parts],
    )


def _part(scored: ScoredFaces, part: Slice) -> PartFigures:
    confusion, resampled = count_confusion(scored), resample_confusions(scored)
    recalls = figures_of(recall, confusion, resampled)
    return PartFigures(
        by=part.by,
        name=part.name,
        faces=len(scored),
        accuracy=figures_of(accuracy, confusion, resampled)[0],
        macro_f1=figures_of(macro_f1, confusion, resampled)[0],
        recall={label.value: figure.value for label, figure in zip(LABELS, recalls, strict=True)},
    )
