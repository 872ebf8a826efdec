"""Curves of a training as points of an SVG; both axes run from 0 to 100."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from models import TrainingEpoch, TrainingStage

Reader = Callable[[TrainingEpoch], float]


@dataclass(frozen=True, kw_only=True)
class Line:
    """One curve; `points` are those of an SVG polyline."""

    words: str
    kind: str
    points: str
    #: The value after the last epoch, and its distance from the top in per cent.
    last: float
    last_y: float


@dataclass(frozen=True, kw_only=True)
class Chart:
    """Curves over the epochs of both stages."""

    title: str
    lines: tuple[Line, ...]
    #: Values at the bottom and at the top.
    low: float
    high: float
    epochs: int
    #: Validation faces of the curves of scores; None for losses, which any number of faces gives.
    faces: int | None
    #: Start of the second stage, in per cent from the left; None without a second stage.
    second_stage: float | None


def draw_charts(epochs: Sequence[TrainingEpoch], faces: int | None = None) -> list[Chart]:
    """The charts of loss, and of accuracy on so many validation `faces`; none where no epoch has ended."""
    if not epochs:
        return []
    loss: dict[str, tuple[str, Reader]] = {
        "training": ("Training", lambda epoch: epoch.loss),
        "validation": ("Validation", lambda epoch: epoch.validation_loss),
    }
    right: dict[str, tuple[str, Reader]] = {
        "training": ("Accuracy, training", lambda epoch: epoch.accuracy),
        "validation": ("Accuracy, validation", lambda epoch: epoch.validation_accuracy),
        "macro": ("Macro F1, validation", lambda epoch: epoch.validation_macro_f1),
    }
    return [_chart("Loss", epochs, loss, low=0.0), _chart("Accuracy", epochs, right, high=1.0, faces=faces)]


def _chart(
    title: str,
    epochs: Sequence[TrainingEpoch],
    readers: dict[str, tuple[str, Reader]],
    *,
    low: float | None = None,
    high: float | None = None,
    faces: int | None = None,
) -> Chart:
    values = [read(epoch) for _, read in readers.values() for epoch in epochs]
    bottom = min(values) - 0.05 * (1 - min(values)) if low is None else low
    top = max(values) * 1.05 if high is None else high
    top = top if top > bottom else bottom + 1.0
    heads = sum(epoch.stage is TrainingStage.HEAD for epoch in epochs)
    return Chart(
        title=title,
        lines=tuple(
            _line(kind, words, [read(epoch) for epoch in epochs], bottom, top)
            for kind, (words, read) in readers.items()
        ),
        low=bottom,
        high=top,
        epochs=len(epochs),
        faces=faces,
        second_stage=_x(heads - 0.5, len(epochs)) if 0 < heads < len(epochs) else None,
    )


def _line(kind: str, words: str, values: list[float], low: float, high: float) -> Line:
    heights = [100 * (1 - (value - low) / (high - low)) for value in values]
    points = [f"{_x(place, len(values)):.2f},{y:.2f}" for place, y in enumerate(heights)]
    if len(points) == 1:
        # A line needs two points to be visible.
        points.append(f"100,{heights[0]:.2f}")
    return Line(words=words, kind=kind, points=" ".join(points), last=values[-1], last_y=heights[-1])


def _x(place: float, count: int) -> float:
    return 100 * place / max(count - 1, 1)
