"""The main figures of a classifier's card, as words for a page."""

from collections.abc import Iterator
from typing import Any

#: Tasks of the card with the words for them.
_TASKS = {
    "three": "Mean AP, three labels",
    "two": "Mean AP, mask or none",
    "face": "AP of faces, any label",
}


def card_figures(card: dict[str, Any]) -> list[tuple[str, str]]:
    """Names and values; what a card lacks is left out, for older versions measured less."""
    figures = card.get("figures", {})
    return [*_photo_figures(figures), *_crop_figures(figures.get("test_crops", {}))]


def _photo_figures(figures: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Average precision at IoU 0.5 on whole photos that training never saw."""
    if "photos" in figures:
        yield "Measured on", f"{figures['photos']} photos it never saw"
    for task, words in _TASKS.items():
        cell = figures.get("test", {}).get(task, {}).get("all", {})
        if cell.get("mean", {}).get("value") is not None:
            yield words, _with_interval(cell["mean"])
        if task == "three":
            yield from _by_label(cell.get("classes", {}))


def _with_interval(mean: dict[str, Any]) -> str:
    if mean.get("low") is None or mean.get("high") is None:
        return f"{mean['value']:.2f}"
    return f"{mean['value']:.2f} ({mean['low']:.2f} to {mean['high']:.2f})"


def _by_label(classes: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, found in classes.items():
        if found.get("ap") is not None:
            yield f"AP {name.replace('_', ' ')}", f"{found['ap']:.2f} of {found['boxes']} faces"


def _crop_figures(crops: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if crops.get("accuracy") is not None:
        yield "Accuracy on single faces", f"{crops['accuracy']:.1%} of {crops['count']:,}"
    if crops.get("calibration_error") is not None:
        yield "Calibration error", f"{crops['calibration_error']:.3f}"
